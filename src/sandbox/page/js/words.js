/** What the gateway's words mean, for somebody who meets them the first time. */

/** A status or a reason beside `undeliverable` → a title and what it means. */
export const outcomes = {
  busy: ["Busy", "The carrier answered 486: the person is on another call. Try again in a minute."],
  declined: ["Declined before it rang", "The carrier refused the call. The person may block unknown callers."],
  no_answer_signal: ["It never rang", "No ringing signal came in time: the phone may be switched off or out of reach."],
  unallocated: ["No such number", "The carrier answered 404: nobody has this number. Ask the person to check it."],
  invalid_format: ["Incomplete number", "The carrier could not route the number as it was given."],
  changed: ["Number changed", "The carrier says that this number was given up for another one."],
  switched_off: ["Switched off", "The carrier says that the phone is switched off or has no signal."],
  barred: ["Calls are barred", "The network does not let this call through to that number."],
  caller_id_refused: ["Caller ID refused", "The carrier did not accept the number that was shown as the caller."],
  congestion: [
    "Network full",
    "The carrier answered 503: it has no free line. Worth another try, best by another carrier.",
  ],
  trunk_down: ["Carrier unreachable", "The call could not be handed to the carrier at all."],
  interrupted: ["Interrupted", "The gateway or Asterisk stopped while the call was under way."],
  canceled: ["Canceled", "The call was taken back before it rang."],
  unknown: ["Failed", "The carrier ended the call in a way that says nothing about the number."],
};

/** A reason beside `rung` that changes what the person has to know. */
export const notes = {
  answered: "The call was answered, so OneRing hung up at once. The caller ID is in the call log all the same.",
  declined: "The call was declined while it rang. The caller ID is in the call log all the same.",
  interrupted: "The gateway lost sight of the call, but the phone had rung: the digits still count.",
};

/** What became of a call, under the phone. */
export const captions = {
  dialing: "The network is looking for the phone …",
  ringing: "Ringing over real SIP. Nobody needs to answer: OneRing hangs up by itself.",
  missed: "A missed call. Its last digits are the code.",
  answered: "Answered, and hung up by OneRing at once.",
  declined: "Declined. The number is still in the log.",
  busy: "The carrier said busy, so the phone never rang.",
  unreachable: "The carrier ended the call before the phone rang.",
};

/** The same for each of two missed calls that tell one code. */
export const captionsOfTwo = {
  1: "The first of two missed calls. Its last digits come first; another call follows.",
  2: "Both missed calls: the lower one in the log came first, and so do its digits.",
};

/** Of two calls that tell one code, by which it is. */
export const ordinals = { 1: "First call", 2: "Second call" };

/** On the screen while it rings; 0: the code has one call. */
export const incomingWords = { 0: "Incoming call", 1: "First of two calls", 2: "Second of two calls" };

/** What to do after a missed call. @param which of two calls it was; null: there is one */
export function nextWords(which, digits) {
  if (which === 1) return "A second call follows.";
  if (which === 2) return `Type the last ${digits} digits of both, the first call's first.`;
  return `Type its last ${digits} digits.`;
}

/** How a call stands in the log. */
export const logWords = { ringing: "Ringing", missed: "Missed call", answered: "Answered", declined: "Declined" };

/** A code of an error → what to tell the person; codes that are not here speak by their own `detail`. */
const problems = {
  rate_limited: "That is enough calls to this number for now: people are not to be pestered.",
  verification_ended: "This verification is over. Start a new one.",
  verification_not_found: "The gateway no longer knows this verification. Start a new one.",
  number_is_landline: "That is a landline. It would ring, but it shows no missed call.",
  number_too_short: "That number is too short.",
  number_too_long: "That number is too long.",
  number_invalid: "That is no valid phone number. Start with + and the country code.",
  telephony_unavailable: "Asterisk or the simulated carrier is not ready. Try again in a few seconds.",
  store_unavailable: "Redis is away, so nothing is called and nothing verifies.",
};

/** Plain words for an ApiProblem. */
export function problemWords({ code, message, retryAfterSeconds }) {
  const words = problems[code] ?? message;
  return retryAfterSeconds ? `${words} Try again in ${duration(retryAfterSeconds)}.` : words;
}

/** "12 s", "4 min", "1 h". */
export function duration(seconds) {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3600)} h`;
}
