/** Voice: a call that is answered and reads the code out once a key was pressed. */
import { isEnded } from "../status.js";
import { outcomes } from "./missed-call-words.js";

const busyStates = new Set(["calling", "ringing", "answered"]);

/** Reasons of this channel beside the outcomes of every call. */
const ownReasons = {
  no_key: ["No key was pressed", "The call was answered, but the key that starts the code was not pressed."],
  not_answered: ["Not answered", "The phone rang and was not picked up."],
  no_answer: ["Not answered", "The phone rang and was not picked up."],
  hung_up: ["Hung up", "The call was ended before the whole code was read out."],
};

export const voice = {
  name: "voice",
  title: "Voice call",
  startTitle: "Start a voice call",
  again: "Call again",
  instead: "Get a voice call",
  startLabel: () => "Call and read the code out",
  recipient: "phone",
  talks: true,
  steps: ["pending", "calling", "ringing", "answered", "spoken", "verified"],
  live: new Set(["pending", "calling", "ringing", "answered"]),
  captions: {
    ringing: "Answer the call, then press 1: the code is read out.",
    missed: "Not answered: the code was not read out.",
    answered: "Press 1 on the keypad and listen.",
    ended: "The call is over.",
    declined: "Declined: the code was not read out.",
  },
  stepOf(v) {
    if (isEnded(v)) return v.status;
    return v.status === "pending" ? "pending" : v.delivery.state;
  },
  isBusy: ({ delivery }) => busyStates.has(delivery.state),
  code(v) {
    const length = v?.code_length ?? 6;
    return { heading: `Type the ${length} digits that you hear`, fields: [{ label: "Code", prefix: "", length }] };
  },
  wrong: () => "The code is read out twice: listen to it once more.",
  update(v) {
    const isOver = v.status === "undeliverable";
    if (!isOver && (isEnded(v) || v.delivery.state !== "failed")) return null;
    const [title, text] = ownReasons[v.reason] ?? outcomes[v.reason] ?? outcomes.unknown;
    return { tone: "bad", title, text, code: v.reason };
  },
  commands: (_, { call }) => {
    const path = call && `/sandbox/calls/${call.id}`;
    const waiting = "# available once the phone rings";
    return [
      { title: "Find the call (sandbox only)", path: "/sandbox/calls" },
      { title: "Answer it (sandbox only)", path: path && `${path}/answer`, method: "POST", waiting },
      { title: "Press 1 (sandbox only)", path: path && `${path}/keys`, body: { digits: "1" }, waiting },
      { title: "What the phone heard (sandbox only)", path: path && `${path}/audio`, output: "call.wav", waiting },
    ];
  },
};
