/** Reads the log that SIPp writes with -trace_msg. */
import { open } from "node:fs/promises";

/** One SIP message as it went over the wire. */
export interface SipMessage {
  /** Milliseconds since 1970, to the microsecond. */
  atMs: number;
  /** As the carrier sees it. */
  direction: "received" | "sent";
  /** "INVITE", "CANCEL", …; "" for a response. */
  method: string;
  /** 180, 487, …; 0 for a request. */
  status: number;
  startLine: string;
  /** The values of a header, by its name in any case; empty when absent. */
  header(name: string): string[];
  text: string;
}

/**
 * Reads a log that grows: each call takes up where the one before ended, so that asking often stays cheap.
 * @returns all messages so far
 */
export function createLogReader(file: string): () => Promise<SipMessage[]> {
  const settled: SipMessage[] = [];
  /** Where the last entry begins, in bytes: it may not be complete. */
  let settledBytes = 0;
  const read = async () => {
    const rest = await readFrom(file, settledBytes);
    const lastEntry = rest.lastIndexOf(`\n${entryStart}`) + 1;
    // Characters of one byte each, so that they can be counted as bytes.
    settled.push(...parseMessageLog(rest.toString("latin1", 0, lastEntry)));
    settledBytes += lastEntry;
    return [...settled, ...parseMessageLog(rest.toString("latin1", lastEntry))];
  };
  // One after the other: two at once would both take the same entries.
  let last: Promise<SipMessage[]> = Promise.resolve([]);
  return () => {
    last = last.then(read, read);
    return last;
  };
}

/** Every entry begins with at least so many dashes. */
const entryStart = "-".repeat(20);

async function readFrom(file: string, position: number): Promise<Buffer> {
  const handle = await open(file).catch(() => null);
  if (handle === null) return Buffer.alloc(0);
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(size - position), position });
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** @param log the whole file; a message that is still being written is left out */
export function parseMessageLog(log: string): SipMessage[] {
  // Each entry: a line of dashes with the time (SIPp before 3.8: local, then the seconds since 1970); a line that says
  // what and how long; a blank; the message.
  const entries = log.split(/^-{20,} (?=\d{4}-\d\d-\d\d)/m).slice(1);
  const messages: SipMessage[] = [];
  for (const entry of entries) {
    const match = /^(\S+?)(?:Z|[\t ]\S+\s+(\d+\.\d+))\n\w+ message (received|sent)[^\n]*:\n\n([\s\S]*)$/.exec(entry);
    const [, time = "", seconds, direction, text] = match ?? [];
    if (!text?.includes("\n")) continue;
    const atMs = seconds ? Number(seconds) * 1000 : isoToMs(time);
    messages.push(parseMessage(atMs, direction === "sent" ? "sent" : "received", text));
  }
  return messages;
}

/** `2026-11-22T03:27:10.256459`, UTC, to milliseconds since 1970 with the microseconds kept. */
function isoToMs(time: string): number {
  const [toSecond = "", fraction = "0"] = time.split(".");
  return Date.parse(`${toSecond}Z`) + Number(`0.${fraction}`) * 1000;
}

function parseMessage(atMs: number, direction: SipMessage["direction"], text: string): SipMessage {
  const [head = ""] = text.split(/\r?\n\r?\n/);
  const [startLine = "", ...lines] = head.split(/\r?\n/);
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return { name: line.slice(0, colon).trim().toLowerCase(), value: line.slice(colon + 1).trim() };
  });
  const status = /^SIP\/2\.0 (\d{3})/.exec(startLine)?.[1];
  return {
    atMs,
    direction,
    status: status ? Number(status) : 0,
    method: status ? "" : (startLine.split(" ")[0] ?? ""),
    startLine,
    header: (name) => headers.filter((header) => header.name === name.toLowerCase()).map((header) => header.value),
    text,
  };
}

/** How many calls were placed: a sender that is busy repeats its INVITE, and a challenge is answered by another one. */
export function callsPlaced(messages: readonly SipMessage[]): number {
  const invites = messages.filter(({ method }) => method === "INVITE");
  return new Set(invites.map(({ header }) => header("Call-ID")[0])).size;
}
