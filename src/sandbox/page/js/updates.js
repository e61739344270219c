/** What there is to tell about a verification. */
import { spaced } from "./numbers.js";
import { duration, notes, outcomes } from "./words.js";

const secondFollows = "Its digits come first. A second call follows in a few seconds, from another number.";
const bothSeen = "Type the last digits of the first call, then those of the second.";

/** `{tone, title, text}`, or null while there is nothing to tell. */
export function tidings({ step, reason, to, channel, own, calls, calls_delivered: delivered }) {
  const callIn = channel === "call_in" ? own : null;
  switch (step) {
    case "pending":
      return callIn ? waitingWords(to, callIn.number) : betweenWords(delivered);
    case "verified":
      if (callIn) return { tone: "good", title: "Verified", text: `The call came from ${spaced(to)} and was refused.` };
      return { tone: "good", title: "Verified", text: `Whoever typed these digits holds ${spaced(to)}.` };
    case "failed":
      return { tone: "bad", title: "Failed", text: "All checks are used up. Another try needs another call." };
    case "expired":
      return {
        tone: "bad",
        title: "Expired",
        text: `The ${callIn ? "call" : "digits"} came too late. Start again.`,
      };
    case "canceled":
      return { tone: "", title: "Canceled", text: "This verification was taken back." };
    case "undeliverable": {
      const [title, text] = outcomes[reason] ?? outcomes.unknown;
      const half = delivered > 0 ? " The code needs both calls: the first one's digits are void." : "";
      return { tone: "bad", title, text: text + half, code: reason };
    }
    case "rung":
      if (calls === 2) return { tone: "", title: "The phone saw both calls", text: notes[reason] ?? bothSeen };
      return notes[reason] ? { tone: "", title: "The phone saw the call", text: notes[reason] } : null;
    default:
      return betweenWords(delivered);
  }
}

/** One of two calls is over, the other is to come or under way. */
function betweenWords(delivered) {
  return delivered === 1 ? { tone: "", title: "The phone saw the first call", text: secondFollows } : null;
}

/** Nobody is rung: the person calls. */
function waitingWords(to, number) {
  const text = `Call ${spaced(number)} from ${spaced(to)}. The call is refused, so it costs nothing.`;
  return { tone: "", title: "Waiting for the phone's call", text };
}

/** "3 checks left". */
export function checksLeftWords({ checks_left: left }) {
  return `${left} ${left === 1 ? "check" : "checks"} left`;
}

/** "expires in 5 min"; empty once it has. */
export function expiresWords({ expires_at: expiresAt }) {
  const seconds = (Date.parse(expiresAt) - Date.now()) / 1000;
  return seconds > 0 ? `expires in ${duration(seconds)}` : "";
}
