/** Texts that belong to no channel: the simulated phone, and problems of the API. */

/** A call's state → the caption under the phone. */
export const captions = {
  dialing: "Setting up the call …",
  ringing: "Ringing over real SIP. Do not answer: OneRing hangs up by itself.",
  ended: "Answered, so OneRing hung up at once.",
  missed: "Missed call. Its last digits are the code.",
  answered: "Answered, so OneRing hung up at once.",
  declined: "Declined. The caller ID is still in the log.",
  busy: "The carrier answered busy; the phone did not ring.",
  unreachable: "The carrier ended the call before the phone rang.",
};

/** The same for each of two missed calls that make up one code. */
export const captionsOfTwo = {
  1: "First of two missed calls. Its last digits come first; another call follows.",
  2: "Both missed calls are in the log. The lower one came first: type its digits first.",
};

/** Of two calls that make up one code. */
export const ordinals = { 1: "First call", 2: "Second call" };

/** On the screen while it rings; 0: the code has one call. */
export const incomingWords = { 0: "Incoming call", 1: "First of two calls", 2: "Second of two calls" };

/** What to do after a missed call. @param which of two calls it was; null: there is one */
export function nextWords(which, digits) {
  if (which === 1) return "A second call follows.";
  if (which === 2) return `Type the last ${digits} digits of both, the first call's first.`;
  return `Type its last ${digits} digits.`;
}

/** A call's state in the phone's log; calls in other states did not reach the phone. */
export const logWords = { ringing: "Ringing", missed: "Missed call", answered: "Answered", declined: "Declined" };

/** A problem's code → text; for codes that are not here the API's `detail` is shown. */
const problems = {
  verification_ended: "This verification has ended. Start a new one.",
  verification_not_found: "This verification is no longer stored. Start a new one.",
  number_is_landline: "This is a landline: it would ring, but shows no missed call.",
  number_inactive: "Networks said that this number is not in use. Check it.",
  number_too_short: "This number is too short.",
  number_too_long: "This number is too long.",
  number_invalid: "This is not a valid phone number. Start with + and the country code.",
  telephony_unavailable: "Asterisk or the simulated carrier is not ready. Try again in a few seconds.",
  store_unavailable: "Redis is unreachable: no calls and no checks until it is back.",
};

/** Text for an ApiProblem. */
export function problemWords({ code, message, retryAfterSeconds }) {
  const words = problems[code] ?? sentence(message);
  return retryAfterSeconds ? `${words} Try again in ${duration(retryAfterSeconds)}.` : words;
}

function sentence(text) {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!]$/.test(begun) ? begun : `${begun}.`;
}

/** "12 s", "4 min", "1 h". */
export function duration(seconds) {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3600)} h`;
}
