/** Who holds a lock, and whether that process is still there: a process id alone is another program's after a restart, or in another container. */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname, uptime } from "node:os";

/** A holder that cannot be looked for from here is gone when it has not touched its lock for so long. */
const goneAfterMs = 60_000;

/** What a lock says of its holder; null: this system does not say it. */
export interface LockHolder {
  readonly host: string;
  /** Of the machine's last start. */
  readonly boot: string | null;
  /** Process ids are those of this namespace. */
  readonly pidNamespace: string | null;
  readonly pid: number;
  /** When the process started, in ticks since the machine did: a later process with its id has another. */
  readonly started: string | null;
  /** No other lock has it. */
  readonly token: string;
}

export interface Lock {
  /** A `LockHolder` as JSON. */
  readonly text: string;
  /** By its holder. */
  readonly touchedAtMs: number;
}

/** `unseen`: the holder is out of sight, in another container or on another machine, and was alive less than a minute ago. */
export function stateOf({ text, touchedAtMs }: Lock): "held" | "unseen" | "gone" {
  const unseen = isFresh(touchedAtMs) ? "unseen" : "gone";
  const holder = holderOf(text);
  if (holder === null) {
    // Half written, or of an earlier version, which wrote its process id alone and never touched it again.
    const pid = Number(text);
    const startedAtMs = Date.now() - uptime() * 1000;
    return pid !== process.pid && touchedAtMs > startedAtMs && isAlive(pid) ? "held" : unseen;
  }
  const { host, boot, pidNamespace } = thisProcess();
  if (holder.boot === boot && holder.pidNamespace === pidNamespace && (boot !== null || holder.host === host)) {
    if (!isAlive(holder.pid)) return "gone";
    const started = startOf(holder.pid);
    if (started === null && holder.started !== null) return unseen;
    return started === holder.started ? "held" : "gone";
  }
  return holder.host === host && holder.boot !== boot ? "gone" : unseen;
}

/** A time in the future is no sign of life: a holder whose clock was set back touches its lock by the new one. */
export const isFresh = (touchedAtMs: number) => Math.abs(Date.now() - touchedAtMs) < goneAfterMs;

function holderOf(text: string): LockHolder | null {
  try {
    const holder = JSON.parse(text) as Partial<LockHolder> | null;
    return typeof holder?.pid === "number" && typeof holder.host === "string" ? (holder as LockHolder) : null;
  } catch {
    return null;
  }
}

/** For people. */
export function nameOf({ text }: Lock): string {
  const holder = holderOf(text);
  if (holder !== null) return `process ${holder.pid} of ${holder.host}`;
  return /^\d{1,10}$/.test(text) ? `process ${text}` : "an unknown process";
}

/** Linux says all of it. */
export function thisProcess(): Omit<LockHolder, "token"> {
  return {
    host: hostname(),
    boot: orNull(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    pidNamespace: orNull(() => readlinkSync("/proc/self/ns/pid")),
    pid: process.pid,
    started: startOf(process.pid),
  };
}

/** Field 22 of proc_pid_stat(5); null: it is not told. A process that ended and was not waited for yet has none. */
function startOf(pid: number): string | null {
  const stat = orNull(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  if (stat === null) return null;
  // The name in front, field 2, is in brackets, and may have spaces and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? "ended" : (fields[19] ?? null);
}

function orNull(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** Whether a process of this machine has this id: another user's counts too. */
function isAlive(pid: number): boolean {
  if (!(Number.isInteger(pid) && pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
