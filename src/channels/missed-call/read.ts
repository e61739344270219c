/** Reads a check's input for a missed call. */
import type { ReadGuess } from "../../verification/channel-port.ts";
import type { Delivery, Guess, Verification } from "../../verification/types.ts";
import { codeOf, codeWithin, readGuess } from "./guess.ts";
import type { MissedCallDetails } from "./offer.ts";
import { callerIdsMissing } from "./refusals.ts";

/** The code of one call has at most so many digits; longer input is a code of two calls, or a whole number. */
const maxDigitsOfOneCall = 8;
/** The check script answers that there is no code to type. */
const noCode: ReadGuess = { code: "", codeLength: 0 };

/**
 * Caller IDs must fit the range that the calls came from; one that does not is a wrong guess like any other. A whole
 * number that was typed as the code is read as the caller ID.
 * @param look reads the verification; called only where the input alone is not sufficient
 * @throws {Refusal} `invalid_request` where it can never be right; that is no check
 */
export async function readForMissedCall(guess: Guess, look: () => Promise<Verification>): Promise<ReadGuess> {
  if ("callerIds" in guess) return readCallerIds(guess.callerIds, newestCall(await look()));
  const { kind, digits } = readGuess(guess.code);
  if (kind === "code" && digits.length <= maxDigitsOfOneCall) return { code: digits, codeLength: digits.length };
  const call = newestCall(await look());
  if (call === null) return noCode;
  const { prefix, digits: own } = call.details as MissedCallDetails;
  const codeLength = own * call.parts;
  if (readGuess(guess.code, codeLength).kind === "code") return { code: digits, codeLength: digits.length };
  if (call.parts !== 1) throw callerIdsMissing(call.parts);
  return { code: codeWithin(digits, prefix, codeLength) ?? "", codeLength };
}

function readCallerIds(callerIds: readonly string[], call: Delivery | null): ReadGuess {
  if (call === null) return noCode;
  if (callerIds.length !== call.parts) throw callerIdsMissing(call.parts);
  const { prefix, digits } = call.details as MissedCallDetails;
  const codeLength = digits * call.parts;
  return { code: codeOf(callerIds, prefix, codeLength) ?? "", codeLength };
}

function newestCall({ deliveries }: Verification): Delivery | null {
  return deliveries.findLast(({ channel }) => channel === "missed_call") ?? null;
}
