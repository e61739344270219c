/** What the phones saw, read from the carriers' logs: the ground truth that everything else is held to. */

import type { SippCarrier } from "../support/sipp.ts";
import type { SipMessage } from "../support/sipp-log.ts";

/** One call at one carrier. Times are of the wire. */
export interface PhoneCall {
  readonly callee: string;
  /** What the phone shows: E.164 with the plus sign. */
  readonly callerId: string;
  readonly invitedAtMs: number;
  /** First 180; null: it never rang. */
  readonly alertedAtMs: number | null;
  readonly canceledAtMs: number | null;
  /** Final response; null: none went out. */
  readonly endedAtMs: number | null;
}

export interface PhoneLog extends Pick<SippCarrier, "messages"> {
  /** The carrier was killed then, and whatever it rang for with it: such a call is over for us. Null: it runs. */
  readonly diedAtMs?: number | null;
}

/** All calls so far by callee, over all carriers; each callee's by time. */
export async function readPhones(carriers: readonly PhoneLog[]): Promise<Map<string, PhoneCall[]>> {
  const calls = await Promise.all(carriers.map(callsOf));
  const byCallee = new Map<string, PhoneCall[]>();
  const byTime = calls.flat().sort((a, b) => a.invitedAtMs - b.invitedAtMs);
  for (const call of byTime) byCallee.set(call.callee, [...(byCallee.get(call.callee) ?? []), call]);
  return byCallee;
}

type OpenCall = { -readonly [Key in keyof PhoneCall]: PhoneCall[Key] };

/** What a log said so far, by Call-ID. A log is read every few milliseconds: what was read once is not read again. */
interface ReadCalls {
  readonly calls: Map<string, OpenCall>;
  messages: number;
}
const read = new WeakMap<PhoneLog["messages"], ReadCalls>();

async function callsOf({ messages, diedAtMs = null }: PhoneLog): Promise<PhoneCall[]> {
  const seen = await messages();
  const before = read.get(messages) ?? { calls: new Map<string, OpenCall>(), messages: 0 };
  read.set(messages, before);
  // The last one may still be being written.
  for (; before.messages < seen.length - 1; before.messages++) note(seen[before.messages] as SipMessage, before.calls);
  const calls = new Map([...before.calls].map(([callId, call]) => [callId, { ...call }]));
  const last = seen.at(-1);
  if (last !== undefined) note(last, calls);
  for (const call of calls.values()) call.endedAtMs ??= diedAtMs;
  return [...calls.values()];
}

function note(message: SipMessage, calls: Map<string, OpenCall>): void {
  const callId = message.header("call-id")[0] ?? "";
  const call = calls.get(callId);
  if (message.method === "INVITE" && call === undefined) {
    const invitedAtMs = message.atMs;
    const callee = numberIn(message.startLine);
    const callerId = numberIn(message.header("from")[0] ?? "");
    calls.set(callId, { callee, callerId, invitedAtMs, alertedAtMs: null, canceledAtMs: null, endedAtMs: null });
  } else if (call !== undefined) {
    if (message.status === 180) call.alertedAtMs ??= message.atMs;
    if (message.method === "CANCEL") call.canceledAtMs ??= message.atMs;
    const ofInvite = (message.header("cseq")[0] ?? "").endsWith("INVITE");
    if (message.status >= 200 && ofInvite) call.endedAtMs ??= message.atMs;
  }
}

function numberIn(text: string): string {
  return /sip:(\+\d+)@/.exec(text)?.[1] ?? "";
}
