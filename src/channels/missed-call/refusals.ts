/** The refusals of missed calls. */
import { Refusal } from "../../shared/refusal.ts";

/** @param codeLength of all calls together */
export function noSuchCodeLength(codeLength: number | null): Refusal {
  const what = codeLength === null ? "A code" : `\`code_length\` ${codeLength}`;
  return new Refusal("invalid_request", `${what} is not possible with the configured caller-ID ranges.`);
}

/** Another channel may deliver, so a workflow goes on. */
export function rangesTooSmall(): Refusal {
  return new Refusal(
    "not_supported",
    "The caller-ID ranges of this app (apps.<name>.ranges) are too small for verification.max_guess_probability.",
  );
}

/** @param most calls that an app may place to a callee in an hour */
export function badCalls(calls: number, minCalls: number, most: number): Refusal | null {
  if (calls < minCalls)
    return new Refusal("invalid_request", `\`calls\` must be at least ${minCalls} (verification.min_calls).`);
  if (calls > most) {
    return new Refusal(
      "invalid_request",
      `\`calls\` must be at most ${most} (an app's share of verification.starts_per_callee_per_hour).`,
    );
  }
  return null;
}

/** A guess of the wrong number of calls can never be right, so it is no check. */
export function callerIdsMissing(calls: number): Refusal {
  const what =
    calls === 1
      ? "This verification has one call: give one caller ID"
      : "This verification has two calls: give both in `caller_ids`";
  return new Refusal("invalid_request", `${what}. This check was not counted.`);
}
