/** The table from a far end's final response, or Q.850 cause, to an outcome. */
import type { Outcome } from "./outcome.ts";

/** The meaning of one kind of final response before and after the far end signalled alerting. */
export interface FarEnd {
  readonly statuses: readonly number[];
  readonly causes: readonly number[];
  readonly silent: Outcome;
  readonly alerted: Outcome;
}

/** Anything else, such as 16 or 127 with no SIP status, or a non-final status: after alerting the phone did ring. */
export const otherFarEnd: FarEnd = { statuses: [], causes: [], silent: "unknown", alerted: "rang" };

/**
 * The table. A user who rejects a ringing call shows as 486, 403 or 603 depending on the network (RFC 3398 maps
 * "user busy" to 486 and "call rejected" to 403), so each of them after alerting is `declined`. Before alerting 603
 * and 608 are the answer of analytics that distrust the caller ID (RFC 8688), 428 and 436 to 438 that of a network that
 * distrusts its signature (RFC 8224), 403 is a carrier that will not carry this call. "Not there" keeps its meaning after
 * a 180: some carriers send one before they look the number up.
 */
const farEnds: readonly FarEnd[] = [
  { statuses: [404, 604], causes: [1], silent: "unallocated", alerted: "unallocated" },
  { statuses: [416, 484, 485], causes: [28], silent: "invalid_format", alerted: "invalid_format" },
  { statuses: [301, 410], causes: [22, 23], silent: "changed", alerted: "changed" },
  { statuses: [486, 600], causes: [17], silent: "busy", alerted: "declined" },
  { statuses: [], causes: [20], silent: "switched_off", alerted: "rang" },
  { statuses: [408, 480, 487], causes: [18, 19], silent: "no_answer_signal", alerted: "rang" },
  // 55, 57 and 87: barred for the callee, for the caller, or because it is not in the group (RFC 3398: 403, as 21).
  { statuses: [403], causes: [21, 55, 57, 87], silent: "barred", alerted: "declined" },
  { statuses: [603, 607], causes: [], silent: "caller_id_refused", alerted: "declined" },
  { statuses: [428, 433, 436, 437, 438, 608], causes: [], silent: "caller_id_refused", alerted: "caller_id_refused" },
  { statuses: [401, 402, 407], causes: [], silent: "trunk_down", alerted: "trunk_down" },
  {
    // 2 and 3 are "no route": the trunk's fault, not the number's. Asterisk maps 502 to 27. Kamailio's 477 and 478
    // say that it could not send to, or resolve, its next hop. A server that finds no transaction (481) for a new INVITE, or
    // another one pending (491), is itself faulty.
    statuses: [477, 478, 481, 482, 483, 491, 500, 502, 503, 504, 580],
    causes: [2, 3, 25, 27, 34, 38, 41, 42, 44, 47, 102],
    silent: "congestion",
    alerted: "congestion",
  },
  // We never follow a redirection: it could lead a call anywhere. 488 and 606 want other media than a telephone's.
  { statuses: [300, 302, 305, 380, 400, 415, 488, 606], causes: [], silent: "unknown", alerted: "rang" },
];

const byStatus = new Map(farEnds.flatMap((row) => row.statuses.map((status) => [status, row] as const)));
const byCause = new Map(farEnds.flatMap((row) => row.causes.map((cause) => [cause, row] as const)));

/**
 * A final response that is not listed counts as the x00 of its class (RFC 3261 section 8.1.3.2).
 * @returns undefined for anything but a final response of 300 to 699
 */
export function farEndByStatus(status: number): FarEnd | undefined {
  if (status < 300 || status > 699) return undefined;
  return byStatus.get(status) ?? byStatus.get(Math.floor(status / 100) * 100);
}

/** @returns undefined where the cause is not listed */
export function farEndByCause(cause: number): FarEnd | undefined {
  return byCause.get(cause);
}

/** The Q.850 cause that Asterisk makes from a final SIP status. Measured on 22.10.1. */
export const causeOfStatus: Readonly<Record<number, number>> = {
  403: 21,
  404: 1,
  408: 18,
  410: 22,
  433: 127,
  480: 19,
  484: 28,
  486: 17,
  488: 58,
  500: 38,
  502: 27,
  503: 34,
  600: 17,
  603: 21,
  604: 1,
  607: 127,
  608: 127,
};
