/** The states of a call in which a victim is killed or frozen: how a call is brought there, and how one knows that it was there. */
import type { PhoneCall } from "./phones.ts";

/** Ring time of every call here; the shortest that may be configured. */
export const ringMs = 1000;
/** From the INVITE to 180, at most. */
export const setupLimitMs = 4000;
/** From the first of two calls to the second; the shortest that may be configured. */
export const secondCallGapMs = 1000;
/**
 * What the gateway's own SIP reaches a callee by: the digit behind the prefix of its state decides. Through an Asterisk it makes
 * no difference.
 */
export const lanes = [
  { transport: "udp", digits: ["0", "1", "2", "3", "4"] },
  { transport: "tcp", digits: ["5", "6", "7", "8", "9"] },
] as const;
export const calleesPerLane = 5000;

/** A carrier takes so long to ring, to say that it is congested, or to end a call. */
export const carrierMs = { slowRing: 2500, pacedRing: 1000, congested: 500, slowHangup: 2500 } as const;

export const states = [
  "accepted",
  "calling",
  "failing_over",
  "ringing",
  "hanging_up",
  "between_calls",
  "rung",
  "checking",
] as const;
export type State = (typeof states)[number];

export interface Evidence {
  readonly struckAtMs: number;
  /** The verification's status shortly before. */
  readonly status: string | null;
  /** The callee's calls, by time. */
  readonly calls: readonly PhoneCall[];
}

interface StatePlan {
  /** For people. */
  readonly means: string;
  /** Trunks of the route to these callees. */
  readonly trunks: readonly string[];
  /** Callees are this and four more digits: mobile numbers of Ofcom's 07400 range, which only SIPp ever gets. */
  readonly prefix: string;
  /** How many calls tell the code. */
  readonly calls: 1 | 2;
  /** The call is started so long before the harm, in milliseconds. */
  readonly leadMs: number;
  /** The start is this much earlier at most, by chance. */
  readonly spreadMs: number;
  /** Whether the victim found the call in this state. */
  readonly wasIn: (evidence: Evidence) => boolean;
}

export const plans: Readonly<Record<State, StatePlan>> = {
  accepted: {
    means: "the start is under way or just answered; no INVITE yet, or the call waits for its turn",
    // One call in 250 ms: the second waits.
    trunks: ["paced"],
    prefix: "+44740016",
    calls: 1,
    leadMs: 0,
    spreadMs: 15,
    wasIn: (seen) => !alerted(seen),
  },
  calling: {
    means: "INVITE sent, no ringing yet",
    trunks: ["slow"],
    prefix: "+44740013",
    calls: 1,
    leadMs: 400,
    spreadMs: 300,
    wasIn: (seen) => invited(seen) && !alerted(seen),
  },
  failing_over: {
    means: "the first trunk says 503, the second is asked",
    trunks: ["congested", "quick"],
    prefix: "+44740015",
    calls: 1,
    leadMs: carrierMs.congested - 90,
    spreadMs: 90,
    wasIn: (seen) => invited(seen) && !alerted(seen),
  },
  ringing: {
    means: "180 came",
    trunks: ["quick"],
    prefix: "+44740014",
    calls: 1,
    leadMs: 300,
    spreadMs: 400,
    wasIn: (seen) => alerted(seen) && !canceled(seen),
  },
  hanging_up: {
    means: "our hang-up is due or under way; the carrier is slow to end the call",
    trunks: ["slow-hangup"],
    prefix: "+44740012",
    calls: 1,
    leadMs: ringMs,
    spreadMs: 0,
    wasIn: (seen) => alerted(seen) && !seen.calls.some((call) => isOver(call, seen)),
  },
  between_calls: {
    means: "the first of two calls has rung, the second is to come",
    trunks: ["quick"],
    prefix: "+44740017",
    calls: 2,
    leadMs: ringMs + 250,
    spreadMs: secondCallGapMs - 500,
    wasIn: (seen) =>
      seen.status === "pending" &&
      alerted(seen) &&
      seen.calls.every((call) => isOver(call, seen) || !isBegun(call, seen)),
  },
  rung: {
    means: "the call is over, the digits were not typed yet",
    trunks: ["quick"],
    prefix: "+44740010",
    calls: 1,
    leadMs: ringMs + 500,
    spreadMs: 50,
    wasIn: ({ status }) => status === "rung",
  },
  checking: {
    means: "the right digits are on their way",
    trunks: ["quick"],
    prefix: "+44740011",
    calls: 1,
    leadMs: ringMs + 500,
    spreadMs: 50,
    wasIn: ({ status }) => status === "rung",
  },
};

const before = (atMs: number | null, { struckAtMs }: Evidence) => atMs !== null && atMs < struckAtMs;
const isOver = ({ endedAtMs }: PhoneCall, seen: Evidence) => before(endedAtMs, seen);
const isBegun = ({ invitedAtMs }: PhoneCall, seen: Evidence) => before(invitedAtMs, seen);
const invited = (seen: Evidence) => seen.calls.some((call) => isBegun(call, seen));
const alerted = (seen: Evidence) => seen.calls.some(({ alertedAtMs }) => before(alertedAtMs, seen));
const canceled = (seen: Evidence) => seen.calls.some(({ canceledAtMs }) => before(canceledAtMs, seen));
