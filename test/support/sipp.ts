/** SIPp as the carrier behind a trunk, for integration tests and benchmarks. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { findPrograms } from "../../src/local/fetch/programs.ts";
import { Child, type ChildExit } from "../../src/local/process/child.ts";
import { freePort } from "../../src/local/process/free-port.ts";
import { runCommand } from "../../src/local/process/run-command.ts";
import { createLogReader, parseMessageLog, type SipMessage } from "./sipp-log.ts";

export interface SippOptions {
  /** `ringing`, `reliable`, `answer`, `final`, `slow-hangup` (scenarios beside this file) or the path of another one. */
  scenario: "ringing" | "reliable" | "answer" | "final" | "slow-hangup" | (string & {});
  transport?: "udp" | "tcp" | "tls";
  /** PEM files of a carrier over TLS. */
  tls?: { certFile: string; keyFile: string };
  /** Default: a free one on 127.0.0.1. */
  port?: number;
  /** Length of the scenario's pause, in milliseconds; default 0. */
  pauseMs?: number;
  /** Values for [name] in the scenario, e.g. `{ status: "486 Busy Here", header: "Reason: Q.850;cause=17" }`. */
  keys?: Record<string, string>;
  /** Whether to log messages; default true. Off for benchmarks. */
  trace?: boolean;
  /** Whether the scenario's `<log>` actions write to `logFile`; default false. */
  log?: boolean;
}

export interface SippCarrier {
  port: number;
  pid: number;
  /** What the scenario's `<log>` actions wrote, where `log` was asked for. */
  logFile: string;
  /** Settles when SIPp has ended, for whatever reason; never rejects. */
  exited: Promise<ChildExit>;
  /** The end of what SIPp printed. */
  output(): string;
  /** All messages so far, in the order they went over the wire. */
  messages(): Promise<SipMessage[]>;
  /** Waits until `predicate` holds for the messages. @throws after `deadlineMs` (default 5000) */
  waitFor(predicate: (messages: SipMessage[]) => boolean, deadlineMs?: number): Promise<SipMessage[]>;
  stop(): Promise<void>;
}

const sockets = { udp: "u1", tcp: "t1", tls: "l1" } as const;
const POLL_MS = 20;
const READY_DEADLINE_MS = 5000;
/**
 * What would end SIPp by itself (`sipp -h`, 3.8): `-m`, the number of calls after which it stops (each OPTIONS is one; without it
 * 2^32 - 1), and its watchdog, which ends it on a machine too busy to run it in time. A carrier runs until it is stopped.
 */
const runsUntilStopped = ["-watchdog_interval", "0"];

/** Starts SIPp on loopback as a carrier that takes calls. @throws when `npm run runtime -- --for-tests` was not run */
export async function startSipp(options: SippOptions): Promise<SippCarrier> {
  const { sipp } = await findPrograms();
  if (!sipp) throw new Error("SIPp is not here: run `npm run runtime -- --for-tests`");
  const { transport = "udp", trace = true } = options;
  const port = options.port ?? (await freePort("udp", "tcp"));
  const dir = await mkdtemp(path.join(tmpdir(), "onering-sipp-"));
  const messageFile = path.join(dir, "messages.log");
  const logFile = path.join(dir, "actions.log");
  const scenario = path.join(dir, "scenario.xml");
  await writeFile(scenario, await renderScenario(options));
  const args = [
    ...["-sf", scenario, "-i", "127.0.0.1", "-p", String(port), "-t", sockets[transport]],
    ...tlsArgs(options.tls),
    ...[...runsUntilStopped, "-d", String(options.pauseMs ?? 0)],
    ...["-nostdin", "-trace_err", "-error_file", path.join(dir, "errors.log")],
    ...(trace ? ["-trace_msg", "-message_file", messageFile] : []),
    ...(options.log ? ["-trace_logs", "-log_file", logFile] : []),
  ];
  const child = await Child.start("sipp", sipp, args, { cwd: dir });
  const listening = () => isBound(port, transport === "udp" ? "udp" : "tcp");
  const stop = async () => {
    // SIPp lets its calls finish on SIGTERM; tests do not wait for that.
    await child.kill();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await child.waitUntil(listening, READY_DEADLINE_MS, async () => child.output.slice(-2000));
  } catch (error) {
    await stop();
    throw error;
  }

  const messages = createLogReader(messageFile);
  return {
    port,
    pid: child.pid,
    logFile,
    exited: child.exited,
    output: () => child.output,
    messages,
    async waitFor(predicate, deadlineMs = 5000) {
      const giveUpAtMs = performance.now() + deadlineMs;
      for (;;) {
        const seen = await messages();
        if (predicate(seen)) return seen;
        if (performance.now() > giveUpAtMs) {
          const lines = seen.map((message) => `${message.direction} ${message.startLine}`);
          const errors = await readFile(path.join(dir, "errors.log"), "utf8").catch(() => "");
          throw new Error(`not seen within ${deadlineMs} ms; seen:\n${lines.join("\n")}\n${errors}`);
        }
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    stop,
  };
}

export interface CallIn {
  /** Port of the Asterisk on 127.0.0.1. */
  readonly to: number;
  /** User part of From. */
  readonly caller: string;
  readonly called: string;
  /** User part of To, default `called`. */
  readonly toUser?: string;
  /** Whole header lines; default the P-Asserted-Identity by which a carrier vouches for `caller`. */
  readonly header?: string;
  /** Loopback address to call from, default 127.0.0.1. */
  readonly address?: string;
  readonly transport?: "udp" | "tcp" | "tls";
  /** PEM files of the carrier, over TLS. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

const CALL_IN_DEADLINE_MS = 15_000;

/** SIPp as a carrier that brings one call. @returns the statuses that came back, the final one last */
export async function callIn(call: CallIn): Promise<number[]> {
  const { sipp } = await findPrograms();
  if (!sipp) throw new Error("SIPp is not here: run `npm run runtime -- --for-tests`");
  const { transport = "udp", address = "127.0.0.1", caller, called, toUser = called } = call;
  const { header = `P-Asserted-Identity: <sip:${caller}@carrier.example>` } = call;
  const dir = await mkdtemp(path.join(tmpdir(), "onering-sipp-"));
  const [scenario, messageFile] = [path.join(dir, "scenario.xml"), path.join(dir, "messages.log")];
  await writeFile(scenario, await renderScenario({ scenario: "caller", keys: { caller, called, to: toUser, header } }));
  const args = [
    ...[`127.0.0.1:${call.to}`, "-sf", scenario, "-i", address, "-t", sockets[transport], "-m", "1", "-nostdin"],
    ...["-trace_msg", "-message_file", messageFile],
    ...tlsArgs(call.tls),
  ];
  try {
    const env = { ...process.env, ...sipp.env };
    await runCommand(sipp.command, [...sipp.args, ...args], { deadlineMs: CALL_IN_DEADLINE_MS, env });
    const messages = parseMessageLog(await readFile(messageFile, "utf8"));
    return messages.flatMap(({ direction, status }) => (direction === "received" && status > 0 ? [status] : []));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const tlsArgs = (tls: SippOptions["tls"]) => (tls ? ["-tls_cert", tls.certFile, "-tls_key", tls.keyFile] : []);

/** Whether a port of this machine is taken, by the kernel's own list: taking it ourselves for a try could keep SIPp from it. */
async function isBound(port: number, kind: "udp" | "tcp"): Promise<boolean> {
  const table = await readFile(`/proc/net/${kind}`, "utf8");
  const inHex = port.toString(16).toUpperCase().padStart(4, "0");
  // Connections from that port to elsewhere do not count: who listens has no far end.
  return new RegExp(`^ *\\d+: [0-9A-F]+:${inHex} 0+:0000 `, "m").test(table);
}

/** SIPp checks status lines before it fills in its own keywords, so these are filled in beforehand. */
async function renderScenario(options: Pick<SippOptions, "scenario" | "keys">): Promise<string> {
  const file = options.scenario.includes("/")
    ? options.scenario
    : path.join(import.meta.dirname, "sipp", `${options.scenario}.xml`);
  let text = await readFile(file, "utf8");
  for (const [name, value] of Object.entries({ header: "X-Carrier: SIPp", ...options.keys })) {
    text = text.replaceAll(`[${name}]`, value);
  }
  return text;
}
