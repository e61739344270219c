/** Missed call: one call or two, whose caller IDs end in the code. */
import { element } from "../dom.js";
import { isEnded } from "../status.js";
import { betweenCalls, notes, outcomes } from "./missed-call-words.js";

const own = ({ delivery }) => delivery.missed_call;

const isBetween = (v) => own(v).calls === 2 && own(v).calls_delivered === 1;
const busyStates = new Set(["calling", "ringing"]);

/** Between two calls the delivery is `calling` again, before Asterisk has the second one: shown as pending. */
function stepOf(v) {
  if (isEnded(v)) return v.status;
  const isPending = v.status === "pending" || (v.delivery.state === "calling" && own(v).calls_delivered > 0);
  return isPending ? "pending" : v.delivery.state;
}

export const missedCall = {
  name: "missed_call",
  title: "Missed call",
  startTitle: "Ring the number",
  recipient: "phone",
  again: "Ring again",
  instead: "Ring instead",
  startLabel: ({ calls }) => (calls === 2 ? "Ring it twice" : "Ring it once"),
  options,
  steps: ["pending", "calling", "ringing", "rung", "verified"],
  live: new Set(["pending", "calling", "ringing"]),
  stepOf,
  lap: (v) => (own(v).calls === 2 && own(v).calls_delivered > 0 ? 1 : 0),
  progress(v) {
    if (own(v).calls !== 2 || !this.live.has(stepOf(v))) return "";
    return `${isBetween(v) ? "Second" : "First"} call of two`;
  },
  isBusy: (v) => busyStates.has(v.delivery.state),
  code(v, settings) {
    const calls = v ? own(v).calls : 1;
    const { digits, prefix } = v ? own(v).caller_id : settings.caller_id;
    const shownPrefix = prefix === settings.caller_id.prefix ? settings.caller_id.prefix_for_people : prefix;
    const labels =
      calls === 2 ? ["First call: last digits", "Second call: last digits"] : ["Last digits of the caller ID"];
    return {
      heading: `Type the last ${digits} digits of ${calls === 2 ? "both missed calls" : "the missed call"}`,
      hint: calls === 2 ? "The log shows the newest call on top: the first call is the lower one." : "",
      fields: labels.map((label) => ({
        label,
        prefix: shownPrefix,
        length: digits,
        callerId: v && new RegExp(own(v).caller_id.pattern),
      })),
    };
  },
  wrong: (v) =>
    own(v).calls === 2
      ? "The first call's digits come first: it is the lower one in the phone's log."
      : "Look at the newest call in the phone's log.",
  update(v) {
    const { calls, calls_delivered: delivered } = own(v);
    if (v.status === "undeliverable") {
      const [title, text] = outcomes[v.reason] ?? outcomes.unknown;
      const half = delivered > 0 ? " The code needs both calls, so the first call's digits are void." : "";
      return { tone: "bad", title, text: text + half, code: v.reason };
    }
    if (v.status === "failed")
      return { tone: "bad", title: "Failed", text: "No checks left. A new verification needs a new call." };
    if (isEnded(v)) return null;
    if (v.delivery.state === "failed") {
      const [title, text] = outcomes[v.reason] ?? outcomes.unknown;
      return { tone: "bad", title, text, code: v.reason };
    }
    if (isBetween(v)) return betweenCalls;
    if (v.delivery.state !== "rung") return null;
    if (calls === 2) {
      const both = "Type the last digits of the first call, then those of the second.";
      return { tone: "", title: "Both calls reached the phone", text: notes[v.reason] ?? both };
    }
    return notes[v.reason] ? { tone: "", title: "The call reached the phone", text: notes[v.reason] } : null;
  },
  calls: (v) => own(v).calls,
  commands: (v, { code }) => [
    { title: "Read the phone's call log (sandbox only)", path: "/sandbox/calls" },
    {
      title: "Check the code",
      path: v && `/v1/verifications/${v.id}/check`,
      body: code && { code },
      waiting: "# available once the call is in the phone's log",
    },
  ],
};

/** The form's choice between one call and two. */
function options({ caller_id: { digits } }, onChange) {
  const inputs = [1, 2].map((calls) =>
    element("input", { type: "radio", name: "calls", value: String(calls), checked: calls === 1, onchange: onChange }),
  );
  const [one, two] = inputs;
  const node = element(
    "fieldset",
    { className: "choice" },
    element("legend", {}, "Calls"),
    element("label", {}, one, element("span", {}, `One call, ${digits} digits`)),
    element("label", {}, two, element("span", {}, `Two calls, ${2 * digits} digits`)),
  );
  return { node, values: () => (two.checked ? { calls: 2 } : {}) };
}
