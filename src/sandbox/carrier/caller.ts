/**
 * An inbound call: the carrier sends one INVITE to the gateway's side (Asterisk, or the gateway itself) and waits for its end.
 * Such calls are never answered, so no dialog is handled.
 */
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { createTransactions } from "../../sip/transaction/index.ts";
import type { HeaderLine, OutgoingRequest } from "../../sip/transaction/port.ts";
import { createTransports } from "../../sip/transport/index.ts";

const LOOPBACK = "127.0.0.1";
/** Asterisk ends such a call after 5 s at the latest. */
const GIVE_UP_MS = 8000;

export interface InboundCallOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** The SIP port that is called, on loopback, UDP. */
  readonly port: number;
  /** User part of From; `anonymous` withholds the number. Digits with or without a plus sign else. */
  readonly caller: string;
  readonly called: string;
}

/** Places the call. @returns the final status; null where none came in time */
export async function placeCall({ clock, random, port, caller, called }: InboundCallOptions): Promise<number | null> {
  const transports = createTransports({ clock, random, udp: [{ address: LOOPBACK, port: 0 }] });
  const transactions = createTransactions({ transports, clock, random });
  let stopTimer = () => {};
  try {
    await transports.start();
    const flow = await transports.connect({ protocol: "udp", address: LOOPBACK, port });
    const invite = inviteOf({ local: flow.sentBy, random, port, caller, called });
    return await new Promise((resolve) => {
      stopTimer = clock.after(GIVE_UP_MS, () => resolve(null));
      transactions.invite(invite, flow, {
        response: ({ status }) => {
          if (status >= 200) resolve(status);
        },
        failed: () => resolve(null),
      });
    });
  } finally {
    stopTimer();
    transactions.stop();
    await transports.stop();
  }
}

function inviteOf(call: {
  readonly local: string;
  readonly random: Random;
  readonly port: number;
  readonly caller: string;
  readonly called: string;
}): OutgoingRequest {
  const { local, random, port, caller, called } = call;
  const name = () => random.bytes(9).toString("hex");
  const host = caller === "anonymous" ? "anonymous.invalid" : LOOPBACK;
  // The carrier vouches for the number (RFC 3325), unless the phone withheld it.
  const asserted: HeaderLine[] = [["P-Asserted-Identity", `<sip:${caller}@${LOOPBACK}>`]];
  return {
    method: "INVITE",
    uri: `sip:${called}@${LOOPBACK}:${port}`,
    headers: [
      ["From", `<sip:${caller}@${host}>;tag=${name()}`],
      ["To", `<sip:${called}@${LOOPBACK}>`],
      ["Call-ID", name()],
      ["CSeq", "1 INVITE"],
      ["Contact", `<sip:carrier@${local}>`],
      ...(caller === "anonymous" ? [] : asserted),
    ],
  };
}
