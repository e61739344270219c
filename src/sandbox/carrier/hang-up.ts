/** The phone hangs up: BYE inside the dialog (RFC 3261 section 15.1.1), by a client transaction over UDP (17.1.2). */
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { readAddress, splitValues } from "../../sip/header.ts";
import { headerOf } from "../../sip/message.ts";
import type { SipRequest } from "./request.ts";
import { absorbMs, T1_MS, T2_MS } from "./timers.ts";

export interface HangUpOptions {
  /** Of the call that ends. */
  readonly invite: SipRequest;
  /** Our tag in its dialog. */
  readonly toTag: string;
  /** Our SIP address, `host:port`. */
  readonly local: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly send: (datagram: Buffer) => void;
}

export interface HangUp {
  /** The response has this branch in its Via. */
  readonly branch: string;
  /** A final response came, or nobody waits for one any more. */
  stop(): void;
}

/** Sends the BYE, again and again until `stop` or for 32 s (timers E and F). */
export function hangUp(options: HangUpOptions, onOver: () => void): HangUp {
  const { clock, random, send } = options;
  const branch = `z9hG4bK${random.bytes(9).toString("hex")}`;
  const bye = writeBye(options, branch);
  const untilMs = clock.nowMs() + absorbMs;
  let cancel = () => {};
  const repeat = (nextMs: number) => {
    if (clock.nowMs() >= untilMs) return onOver();
    send(bye);
    cancel = clock.after(nextMs, () => repeat(Math.min(nextMs * 2, T2_MS)));
  };
  repeat(T1_MS);
  return { branch, stop: () => cancel() };
}

function writeBye({ invite, toTag, local }: HangUpOptions, branch: string): Buffer {
  const header = (name: string) => headerOf(invite, name) ?? "";
  const target = readAddress(splitValues(header("contact"))[0] ?? "")?.uri ?? invite.uri;
  // Section 12.1.1: the callee takes the route set in the order of the request.
  const routes = invite.headers.filter(({ name }) => name === "record-route").map(({ value }) => `Route: ${value}`);
  return Buffer.from(
    [
      `BYE ${target} SIP/2.0`,
      `Via: SIP/2.0/UDP ${local};rport;branch=${branch}`,
      "Max-Forwards: 70",
      ...routes,
      `From: ${header("to")};tag=${toTag}`,
      `To: ${header("from")}`,
      `Call-ID: ${invite.callId}`,
      "CSeq: 1 BYE",
      "Content-Length: 0",
      "",
      "",
    ].join("\r\n"),
    "latin1",
  );
}
