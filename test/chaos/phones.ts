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

/** All calls so far by callee, over all carriers. */
export async function readPhones(carriers: readonly PhoneLog[]): Promise<Map<string, PhoneCall[]>> {
  const calls = await Promise.all(
    carriers.map(async (carrier) => callsOf(await carrier.messages(), carrier.diedAtMs ?? null)),
  );
  const byCallee = new Map<string, PhoneCall[]>();
  for (const call of calls.flat()) byCallee.set(call.callee, [...(byCallee.get(call.callee) ?? []), call]);
  return byCallee;
}

function callsOf(messages: readonly SipMessage[], diedAtMs: number | null): PhoneCall[] {
  const calls = new Map<string, { -readonly [Key in keyof PhoneCall]: PhoneCall[Key] }>();
  for (const message of messages) {
    const callId = message.header("call-id")[0] ?? "";
    const call = calls.get(callId);
    const ofInvite = (message.header("cseq")[0] ?? "").endsWith("INVITE");
    if (message.method === "INVITE" && call === undefined) {
      const invitedAtMs = message.atMs;
      const callee = numberIn(message.startLine);
      const callerId = numberIn(message.header("from")[0] ?? "");
      calls.set(callId, { callee, callerId, invitedAtMs, alertedAtMs: null, canceledAtMs: null, endedAtMs: null });
    } else if (call !== undefined) {
      if (message.status === 180) call.alertedAtMs ??= message.atMs;
      if (message.method === "CANCEL") call.canceledAtMs ??= message.atMs;
      if (message.status >= 200 && ofInvite) call.endedAtMs ??= message.atMs;
    }
  }
  for (const call of calls.values()) call.endedAtMs ??= diedAtMs;
  return [...calls.values()];
}

function numberIn(text: string): string {
  return /sip:(\+\d+)@/.exec(text)?.[1] ?? "";
}
