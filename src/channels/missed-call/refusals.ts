/** The refusals of missed calls. */
import { Refusal } from "../../shared/refusal.ts";

/** How many calls a code may take. */
export interface PermittedCalls {
  readonly least: number;
  readonly most: number;
}

/**
 * @param codeLength of all calls together
 * @param lengths of the codes that one call can show
 */
export function noSuchCodeLength(
  codeLength: number | null,
  calls: number,
  lengths: readonly number[],
  { least, most }: PermittedCalls,
): Refusal {
  if (codeLength === null || lengths.length === 0) {
    return new Refusal("invalid_request", "A code is not possible with the configured caller-ID ranges.");
  }
  const other = calls === 1 ? 2 : 1;
  const possible = [
    lengths.map((length) => length * calls).join(", "),
    ...(other >= least && other <= most
      ? [`${lengths.map((length) => length * other).join(", ")} with \`calls: ${other}\``]
      : []),
  ];
  const by = calls === 1 ? "one call" : "two calls";
  return new Refusal(
    "invalid_request",
    `\`code_length\` ${codeLength} is not possible with ${by}; possible here: ${possible.join(", or ")}.`,
  );
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
