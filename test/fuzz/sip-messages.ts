/** Mutated SIP messages, as datagrams and as streams: nothing throws, is slow, or differs by the pieces in which it comes. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { createStreamFraming } from "../../src/sip/framing.ts";
import * as header from "../../src/sip/header.ts";
import { parseSip } from "../../src/sip/invite-reading.ts";
import { bodyOf, type ParsedMessage, parseMessage } from "../../src/sip/message.ts";
import { type Chance, chanceOf } from "./dice.ts";

export interface SipFuzzReport {
  readonly mutations: number;
  /** How many were still messages: where none are, nothing behind the first check was tried. */
  readonly accepted: number;
  readonly slowestMs: number;
  /** Each with the number of its mutation. At most 20. */
  readonly faults: readonly string[];
}

/** Of one input of at most 128 KB, all readers and both forms; a linear one takes 3 ms. */
const slowMs = 100;
const maxBytes = 131_072;
const maxFaults = 20;
const torture = path.join(import.meta.dirname, "../unit/sip/torture");
const pieces = [
  ...["\r\n", "\r\n\r\n", "\r\n ", "\r", "\n", "\0", "\x7f", "\xff", " ", "\t", ":", ";", ",", '"', '\\"', "<", ">"],
  ...[
    "=",
    "@",
    "(",
    ")",
    "%00",
    "[::1]",
    "SIP/2.0",
    "Content-Length: 9\r\n",
    "l:0\r\n",
    "Via: ",
    "v:",
    ";tag=",
    ";branch=",
  ],
  ...["z9hG4bK", "Reason: Q.850;cause=16\r\n", "INVITE sip:a@b SIP/2.0\r\n", "SIP/2.0 200 OK\r\n", "4294967296", "-1"],
];

/** @param seed of the run: the same one makes the same inputs */
export function fuzzSip(mutations: number, seed: number): SipFuzzReport {
  const corpus = ["rfc4475", "rfc5118"].flatMap((rfc) =>
    readdirSync(path.join(torture, rfc)).map((file) => readFileSync(path.join(torture, rfc, file))),
  );
  const faults: string[] = [];
  let accepted = 0;
  let slowestMs = 0;
  for (let index = 0; index < mutations && faults.length < maxFaults; index++) {
    const chance = chanceOf(seed, index);
    const input = mutated(corpus, chance);
    const cuts = Array.from({ length: chance.below(6) }, () => chance.below(input.length + 1)).sort((a, b) => a - b);
    try {
      const tookMs = timed(() => {
        if (readAll(input)) accepted += 1;
        const [whole, split] = [streamed(input, []), streamed(input, cuts)];
        if (whole !== split) faults.push(`${index}: differs where it is cut at ${cuts.join(", ")}`);
      });
      slowestMs = Math.max(slowestMs, tookMs);
      if (tookMs > slowMs) faults.push(`${index}: took ${Math.round(tookMs)} ms for ${input.length} bytes`);
    } catch (error) {
      faults.push(`${index}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  return { mutations, accepted, slowestMs, faults };
}

/** Again where it was slow: other work of the machine may have been in between. */
function timed(work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3 && best > slowMs / 4; round++) {
    const begun = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(begun);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

/** @returns whether it is a message */
function readAll(input: Buffer): boolean {
  const message = parseMessage(input);
  parseSip(input);
  if (message === null) return false;
  bodyOf(message);
  if (message.kind === "request") header.userOf(message.uri);
  for (const { value } of message.headers) {
    if (/[\r\n]/.test(value)) throw new Error("a header holds a line break");
    header.tagOf(value);
    header.readCSeq(value);
    for (const part of header.splitValues(value)) {
      header.readVia(part);
      const address = header.readAddress(part);
      if (address !== null) header.userOf(address.uri);
    }
    header.readReasons([value]);
  }
  return true;
}

/** What a stream of these bytes gave, as text. */
function streamed(input: Buffer, cuts: readonly number[]): string {
  const events: string[] = [];
  const framing = createStreamFraming({
    message: (message: ParsedMessage, head) =>
      events.push(`${head.length} ${message.rest.length} ${JSON.stringify(message.headers.at(-1))}`),
    ping: () => events.push("ping"),
    malformed: () => events.push("malformed"),
  });
  let error: string | null = null;
  let from = 0;
  for (const to of [...cuts, input.length]) {
    error = framing.push(input.subarray(from, to));
    from = to;
  }
  return `${events.join("\n")}\n${error} ${error === null && framing.waiting}`;
}

function mutated(corpus: readonly Buffer[], chance: Chance): Buffer {
  let bytes = chance.pick(corpus);
  for (let left = 1 + chance.below(4); left > 0; left--) bytes = mutate(bytes, corpus, chance);
  return bytes.subarray(0, maxBytes);
}

function mutate(bytes: Buffer, corpus: readonly Buffer[], chance: Chance): Buffer {
  const at = chance.below(bytes.length + 1);
  const to = at + chance.below(Math.min(bytes.length - at, 200) + 1);
  const put = (...middle: readonly Buffer[]) => Buffer.concat([bytes.subarray(0, at), ...middle, bytes.subarray(to)]);
  switch (chance.below(6)) {
    case 0: {
      const copy = Buffer.from(bytes);
      if (at < copy.length) copy[at] = chance.below(256);
      return copy;
    }
    case 1:
      return put();
    case 2:
      return put(bytes.subarray(at, to), bytes.subarray(at, to));
    case 3:
      return put(Buffer.from(chance.pick(pieces), "latin1"));
    case 4: {
      const times = chance.chance(0.02) ? 1 + chance.below(10_000) : 1 + chance.below(20);
      return put(Buffer.from(chance.pick(pieces).repeat(times), "latin1"));
    }
    default: {
      const other = chance.pick(corpus);
      return put(other.subarray(chance.below(other.length + 1)));
    }
  }
}
