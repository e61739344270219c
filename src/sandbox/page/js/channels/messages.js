/** What the views of all message channels have in common: the code is in a text, and states are those of a message. */
import { isEnded } from "../status.js";
import { messageFailures } from "./message-words.js";

const steps = ["pending", "queued", "sent", "delivered", "verified"];
const live = new Set(["pending", "queued"]);

/** A group of exactly that many digits, not part of a longer one. */
export function codeIn(text, length) {
  return new RegExp(`(?<!\\d)\\d{${length}}(?!\\d)`).exec(text)?.[0] ?? null;
}

/**
 * @param view.name, view.title, view.recipient and view.inbox as in index.js
 * @param view.noun "text message": what is sent
 */
export function messageView({ noun, ...view }) {
  return {
    startTitle: `Send a ${noun}`,
    again: `Send the ${noun} again`,
    instead: `Send a ${noun}`,
    startLabel: () => `Send a ${noun}`,
    steps,
    live,
    stepOf(v) {
      if (isEnded(v)) return v.status;
      return v.status === "pending" ? "pending" : v.delivery.state;
    },
    isBusy: ({ delivery }) => delivery.state === "queued",
    code(v) {
      const length = v?.code_length ?? 6;
      return {
        heading: `Type the ${length} digits of the ${noun}`,
        fields: [{ label: "Code", prefix: "", length }],
      };
    },
    wrong: () => `Look at the newest ${noun} on the phone.`,
    update(v) {
      const isOver = v.status === "undeliverable";
      if (!isOver && (isEnded(v) || v.delivery.state !== "failed")) return null;
      const [title, text] = messageFailures[v.reason] ?? messageFailures.rejected;
      return { tone: "bad", title, text, code: v.reason };
    },
    shownCode: (v, { messages }) => codeIn(messages[0]?.text ?? "", v.code_length),
    commands: (v, { code }) => [
      { title: "Read the phone's messages (sandbox only)", path: "/sandbox/messages" },
      {
        title: "Check the code",
        path: v && `/v1/verifications/${v.id}/check`,
        body: code && { code },
        waiting: "# available once the message is on the phone",
      },
    ],
    ...view,
  };
}
