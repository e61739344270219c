/** What to say about a verification's status. */
import { spaced } from "./numbers.js";
import { duration } from "./words.js";

/** `{tone, title, text, code?}`, or null where there is nothing to say. */
export function updateOf(v, view) {
  return view.update(v) ?? commonUpdate(v);
}

function commonUpdate({ status, reason, to }) {
  switch (status) {
    case "verified":
      return { tone: "good", title: "Verified", text: `The code is correct: ${spaced(to)} is verified.` };
    case "failed":
      return { tone: "bad", title: "Failed", text: "No checks left. Start a new verification." };
    case "expired":
      return { tone: "bad", title: "Expired", text: "No correct code arrived in time. Start a new verification." };
    case "canceled":
      return { tone: "", title: "Canceled", text: "This verification was canceled." };
    case "undeliverable":
      return { tone: "bad", title: "Not delivered", text: "Every delivery failed.", code: reason };
    default:
      return null;
  }
}

/** "3 checks left"; empty where there is no code. */
export function checksLeftWords({ checks_left: left }) {
  return left === null ? "" : `${left} ${left === 1 ? "check" : "checks"} left`;
}

/** "expires in 5 min"; empty once it has. */
export function expiresWords({ expires_at: expiresAt }) {
  const seconds = (Date.parse(expiresAt) - Date.now()) / 1000;
  return seconds > 0 ? `expires in ${duration(seconds)}` : "";
}
