/** Looks at how many files Asterisk may open: each ringing call takes 4, and stock systems allow 1024. */
import { readdir, readFile } from "node:fs/promises";
import type { AsteriskConfig } from "../telephony/asterisk/config.ts";
import { type Finding, hint, ok, warn } from "./finding.ts";

/** RTP and RTCP sockets, and what a channel's queues hold (measured: 4.0 per ringing call, Asterisk 22.10). */
const filesPerCall = 4;
/** Modules, logs, SIP, ARI and AMI connections. */
const otherFiles = 200;

type Limited = Pick<AsteriskConfig, "max_concurrent_calls" | "ari_url" | "ami">;

/** @param readLimit the limit of an Asterisk on this machine; null where none is found */
export async function examineOpenFiles(
  name: string,
  asterisk: Limited,
  readLimit: () => Promise<number | null> = limitOfLocalAsterisk,
): Promise<Finding[]> {
  const calls = asterisk.max_concurrent_calls;
  const needed = calls * filesPerCall + otherFiles;
  const fix = `Set LimitNOFILE=${roundUp(needed)} in Asterisk's systemd unit (or maxfiles in asterisk.conf), or lower asterisks.${name}.max_concurrent_calls.`;
  const limit = isLocal(asterisk) ? await readLimit() : null;
  if (limit === null) {
    const what = `Asterisk ${name}: ${calls} concurrent calls need ${needed} open files; its limit cannot be read from here`;
    return [hint(what, `Make sure that its limit is not lower. If it is: ${lowerFirst(fix)}`)];
  }
  const what = `Asterisk ${name}: may open ${limit} files; ${calls} concurrent calls need ${needed}`;
  return [limit >= needed ? ok(what) : warn(what, fix)];
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function roundUp(files: number): number {
  return 2 ** Math.ceil(Math.log2(files));
}

function isLocal({ ari_url: url, ami }: Limited): boolean {
  const host = url === undefined ? ami?.host : new URL(url).hostname;
  return host !== undefined && /^(127\.\d+\.\d+\.\d+|\[?::1\]?|localhost)$/.test(host);
}

/** The lowest limit of the processes named asterisk, from /proc (Linux). */
async function limitOfLocalAsterisk(): Promise<number | null> {
  const pids = (await readdir("/proc").catch(() => [])).filter((entry) => /^\d+$/.test(entry));
  const limits: number[] = [];
  for (const pid of pids) {
    try {
      if ((await readFile(`/proc/${pid}/comm`, "utf8")).trim() !== "asterisk") continue;
      const [, soft] = /^Max open files +(\d+|unlimited)/m.exec(await readFile(`/proc/${pid}/limits`, "utf8")) ?? [];
      if (soft !== undefined) limits.push(soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft));
    } catch {
      // It has ended meanwhile, or belongs to another user namespace.
    }
  }
  return limits.length === 0 ? null : Math.min(...limits);
}
