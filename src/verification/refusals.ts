/** The refusals of the core; a channel has its own. */
import { Refusal } from "../shared/refusal.ts";
import { codeLifetimeMs } from "./codes.ts";
import type { Status } from "./machine.ts";
import type { CalleeLimit } from "./store-port.ts";
import type { ProofKind } from "./types.ts";

/** Neutral: other apps' requests may have used up the limit, and no tenant learns about another. */
const limitDetails: Record<CalleeLimit, string> = {
  wrong_checks: "Too many wrong codes for this number; try again later.",
  live_call: "A call to this number is in progress.",
  gap: "The minimum interval between two deliveries to this number has not passed.",
  hourly_starts: "The hourly limit for this number has been reached.",
  deliveries: "This verification has had all its deliveries (apps.<name>.max_deliveries); start another one.",
  channel_cap: "The hourly limit of this channel has been reached for this recipient.",
};

/** A limit of the callee. */
export class LimitRefusal extends Refusal {
  readonly limit: CalleeLimit;

  constructor(limit: CalleeLimit, retryAfterMs: number) {
    super("rate_limited", limitDetails[limit], retryAfterMs);
    this.limit = limit;
  }
}

export function limited(limit: CalleeLimit, retryAfterMs: number): Refusal {
  return new LimitRefusal(limit, retryAfterMs);
}

/** Clients find it up again soon: providers reconnect within seconds. */
const downRetryMs = 5000;

export function channelDown(name: string): Refusal {
  return new Refusal("channel_unavailable", `Channel ${name} cannot deliver at the moment.`, downRetryMs);
}

export function channelNotAllowed(name: string): Refusal {
  return new Refusal("forbidden", `Channel ${name} is not permitted for this app (apps.<name>.channels).`);
}

/** Of a step that was planned when it was permitted: the next one may be still. */
export function noLongerAllowed(name: string): Refusal {
  return new Refusal("not_supported", `Channel ${name} is not permitted for this app any more.`);
}

/** One answer for all causes that concern the recipient: what is known of somebody is not revealed. */
export function deliveryDenied(): Refusal {
  return new Refusal("delivery_denied", "A delivery to this recipient is not permitted.");
}

const provenInWords: Readonly<Record<ProofKind, string>> = {
  phone: "a phone number",
  email: "an e-mail address",
  device: "a device",
};

/** @param proves what the channel does @param ofVerification what the verification is of */
export function otherProof(name: string, proves: ProofKind, ofVerification: ProofKind | undefined): Refusal {
  const other = ofVerification === undefined ? "something else" : provenInWords[ofVerification];
  return new Refusal(
    "not_supported",
    `Channel ${name} verifies ${provenInWords[proves]}; this verification is of ${other}. Use one of \`next_channels\`.`,
  );
}

/** @param wanted digits that the code has @param given digits of what was typed; 0: it was no code */
export function wrongLength(wanted: number, given: number): Refusal {
  const detail = given === 0 ? `The code has ${wanted} digits` : `\`code\` must have ${wanted} digits, not ${given}`;
  return new Refusal("invalid_request", `${detail}; this check was not counted.`);
}

export function noOwnRecipient(name: string): Refusal {
  return new Refusal("not_supported", `A step by ${name} needs the same \`to\` as the first step.`);
}

/** One answer for all causes: which caller IDs are free is not revealed. */
export function codeNotAvailable(): Refusal {
  return new Refusal("code_not_available", "This code cannot be delivered to this number by a call.");
}

/** An app's own code has no next generation to which a later delivery could move (codes.ts). */
export function codeTooOld(): Refusal {
  const minutes = codeLifetimeMs / 60_000;
  return new Refusal(
    "code_not_available",
    `\`code\` is accepted for ${minutes} minutes from its first sending, and less than one of them is left: start another verification with a new code.`,
  );
}

/** The step was begun by another gateway; only logged. */
export const staleStep = new Refusal("invalid_request", "The step was begun already.");

export function notFound(): Refusal {
  return new Refusal("verification_not_found", "No verification has this id.");
}

/** The refusal of a replay that comes after the verification's retention. */
export function notKept(): Refusal {
  return new Refusal(
    "verification_not_found",
    "the verification of this Idempotency-Key is no longer kept; use a new key to start another",
  );
}

export function ended(status: Status): Refusal {
  return new Refusal("verification_ended", `The verification has already ended (status: ${status}).`);
}

/** The refusal of a request that needs a code, where there is none to type. */
export function noCode(channel: string): Refusal {
  return new Refusal("invalid_request", `A verification by ${channel} has no code to check; poll its status instead.`);
}

/** The client closed the connection; only logged. */
export const clientGone = new Refusal(
  "invalid_request",
  "The client closed the connection before a delivery was begun.",
);

export function channelNotAvailable(name: string, available: readonly string[]): Refusal {
  return new Refusal(
    "not_supported",
    `Channel ${name} is not available on this gateway; available: ${available.join(", ")}.`,
  );
}

export function noCapacity(): Refusal {
  return new Refusal("capacity", "All trunks and routes for this number are at capacity.", 1000);
}

/** A channel of an extension that cannot say how its deliveries go. */
export function notSimulated(name: string): Refusal {
  return new Refusal("not_supported", `Channel ${name} does not take test numbers.`);
}

/** It was taken out of the configuration, or its last day is over. */
export function testNumberGone(): Refusal {
  return new Refusal("not_supported", "This recipient is no test number of this app any more.");
}

export function mixedTest(): Refusal {
  return new Refusal("invalid_request", "Test numbers and other recipients cannot be in one verification.");
}

export function testCodeLength(length: number): Refusal {
  return new Refusal(
    "invalid_request",
    `The code of this test number has ${length} digits; leave \`code_length\` out.`,
  );
}

export function ambiguous(): Refusal {
  return new Refusal(
    "verification_ambiguous",
    "Several verifications of this number are open: check one by its id, or give `session` (`client.session` of its start).",
  );
}
