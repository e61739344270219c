/**
 * An inbound call: the carrier sends one INVITE to Asterisk and waits for its end (RFC 3261 section 17.1.1, client
 * transaction over UDP). Such calls are never answered, so no dialog is handled.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { tagOf } from "../../sip/header.ts";
import { onlyHeaderOf, parseMessage, wantedHeaders } from "../../sip/message.ts";
import { T1_MS } from "./timers.ts";

const wanted = wantedHeaders("to");
const LOOPBACK = "127.0.0.1";
/** Asterisk ends such a call after 5 s at the latest. */
const GIVE_UP_MS = 8000;

export interface InboundCallOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Asterisk's SIP port on loopback, UDP. */
  readonly port: number;
  /** User part of From; `anonymous` withholds the number. Digits with or without a plus sign else. */
  readonly caller: string;
  readonly called: string;
}

/** Places the call. @returns the final status; null where none came in time */
export async function placeCall({ clock, random, port, caller, called }: InboundCallOptions): Promise<number | null> {
  const socket = createSocket("udp4");
  const cancels: (() => void)[] = [];
  try {
    socket.bind(0, LOOPBACK);
    await once(socket, "listening");
    const request = writer({ local: `${LOOPBACK}:${socket.address().port}`, random, port, caller, called });
    return await new Promise((resolve, reject) => {
      socket.once("error", reject);
      cancels.push(clock.after(GIVE_UP_MS, () => resolve(null)));
      // Timer A: again, and each time twice as late, until something comes back.
      let cancelNext = () => {};
      const invite = (nextMs: number) => {
        socket.send(request("INVITE", ""), port, LOOPBACK);
        cancelNext = clock.after(nextMs, () => invite(nextMs * 2));
      };
      cancels.push(() => cancelNext());
      invite(T1_MS);
      socket.on("message", (datagram) => {
        const response = readResponse(datagram);
        if (response === null) return;
        cancelNext();
        if (response.status < 200) return;
        socket.send(request("ACK", response.toTag), port, LOOPBACK, () => resolve(response.status));
      });
    });
  } finally {
    for (const cancel of cancels) cancel();
    socket.close();
  }
}

/** What it takes to write the requests of one transaction. */
function writer(call: {
  local: string;
  random: Random;
  port: number;
  caller: string;
  called: string;
}): (method: "INVITE" | "ACK", toTag: string) => Buffer {
  const { local, random, port, caller, called } = call;
  const name = () => random.bytes(9).toString("hex");
  const [branch, tag, callId] = [name(), name(), name()];
  const host = caller === "anonymous" ? "anonymous.invalid" : LOOPBACK;
  // The carrier vouches for the number (RFC 3325), unless the phone withheld it.
  const asserted = caller === "anonymous" ? [] : [`P-Asserted-Identity: <sip:${caller}@${LOOPBACK}>`];
  return (method, toTag) =>
    Buffer.from(
      [
        `${method} sip:${called}@${LOOPBACK}:${port} SIP/2.0`,
        `Via: SIP/2.0/UDP ${local};rport;branch=z9hG4bK${branch}`,
        `From: <sip:${caller}@${host}>;tag=${tag}`,
        `To: <sip:${called}@${LOOPBACK}>${toTag}`,
        `Call-ID: ${callId}`,
        `CSeq: 1 ${method}`,
        `Contact: <sip:carrier@${local}>`,
        "Max-Forwards: 70",
        ...asserted,
        "Content-Length: 0",
        "",
        "",
      ].join("\r\n"),
      "latin1",
    );
}

/** Status and To tag (as a parameter, with its semicolon) of a response; null for anything else. */
function readResponse(datagram: Buffer): { readonly status: number; readonly toTag: string } | null {
  const message = parseMessage(datagram, wanted);
  if (message?.kind !== "response") return null;
  const tag = tagOf(onlyHeaderOf(message, "to") ?? "");
  return { status: message.status, toTag: tag === null ? "" : `;tag=${tag}` };
}
