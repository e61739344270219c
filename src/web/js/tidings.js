/** What there is to tell about a verification. */
import { spaced } from "./numbers.js";
import { duration, notes, outcomes } from "./words.js";

/** `{tone, title, text}`, or null while there is nothing to tell. */
export function tidings({ status, reason, to }) {
  switch (status) {
    case "verified":
      return { tone: "good", title: "Verified", text: `Whoever typed these digits holds ${spaced(to)}.` };
    case "failed":
      return { tone: "bad", title: "Failed", text: "All checks are used up. Another try needs another call." };
    case "expired":
      return { tone: "bad", title: "Expired", text: "The digits came too late. Start again." };
    case "canceled":
      return { tone: "", title: "Canceled", text: "This verification was taken back." };
    case "undeliverable": {
      const [title, text] = outcomes[reason] ?? outcomes.unknown;
      return { tone: "bad", title, text, code: reason };
    }
    case "rung":
      return notes[reason] ? { tone: "", title: "The phone saw the call", text: notes[reason] } : null;
    default:
      return null;
  }
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
