/** Reads a check's input for a missed call. */
import type { ReadGuess } from "../../verification/channel-port.ts";
import type { Delivery, Guess, Verification } from "../../verification/types.ts";
import { codeOf, readGuess } from "./guess.ts";
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
  const { kind, digits: typed } = readGuess(guess.code);
  if (kind === "code" && typed.length <= maxDigitsOfOneCall) return { code: typed, codeLength: typed.length };
  const call = newestCall(await look());
  if (call === null) return noCode;
  const { prefix, digits, codeDigits: own } = shownBy(call);
  const codeLength = own * call.parts;
  if (readGuess(guess.code, codeLength).kind === "code") return { code: typed, codeLength: typed.length };
  if (call.parts !== 1) throw callerIdsMissing(call.parts);
  return { code: codeOf([guess.code], prefix, own, digits) ?? "", codeLength };
}

/** Where the code is in the caller IDs: `digits` follow the prefix, the last `codeDigits` of them are the code. */
function shownBy({ details }: Delivery): Required<Pick<MissedCallDetails, "prefix" | "digits" | "codeDigits">> {
  const { prefix, digits, codeDigits = digits } = details as MissedCallDetails;
  return { prefix, digits, codeDigits };
}

function readCallerIds(callerIds: readonly string[], call: Delivery | null): ReadGuess {
  if (call === null) return noCode;
  if (callerIds.length !== call.parts) throw callerIdsMissing(call.parts);
  const { prefix, digits, codeDigits } = shownBy(call);
  return {
    code: codeOf(callerIds, prefix, codeDigits * call.parts, digits) ?? "",
    codeLength: codeDigits * call.parts,
  };
}

function newestCall({ deliveries }: Verification): Delivery | null {
  return deliveries.findLast(({ channel, details }) => channel === "missed_call" && details !== null) ?? null;
}
