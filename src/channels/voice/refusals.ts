/** The refusals of voice calls; those of every call are in ../calls/refusals.ts. */
import { Refusal } from "../../shared/refusal.ts";

/** An Asterisk that connects again, or gets its sounds, is noticed within a minute. */
const unavailableRetryMs = 5000;

/** No Asterisk that could call has what it takes: a driver that plays sounds, and the sounds. */
export function cannotSpeak(): Refusal {
  return new Refusal(
    "channel_unavailable",
    "The channel voice cannot deliver at the moment: no connected Asterisk has the sounds of a language.",
    unavailableRetryMs,
  );
}

export function oneCallOnly(): Refusal {
  return new Refusal(
    "invalid_request",
    "`calls` cannot be used with channel voice: one call reads out the whole code.",
  );
}

/** @param digits the lengths that a spoken code may have */
export function badCodeLength(
  codeLength: number,
  { min, max }: { readonly min: number; readonly max: number },
): Refusal {
  return new Refusal(
    "invalid_request",
    `\`code_length\` must be ${min} to ${max} with channel voice, not ${codeLength}.`,
  );
}
