/** Call in: the person calls a number of the gateway, and the simulated phone can do so. There is no code. */
import { spaced } from "../numbers.js";
import { isEnded } from "../status.js";

const numberOf = ({ delivery }) => delivery.call_in.number;

export const callIn = {
  name: "call_in",
  title: "Call in",
  startTitle: "Start a verification by call in",
  recipient: "phone",
  again: "Get another number",
  instead: "Call in instead",
  startLabel: () => "Get a number to call",
  steps: ["waiting", "verified"],
  live: new Set(["waiting"]),
  stepOf: (v) => (isEnded(v) ? v.status : v.delivery.state),
  isBusy: () => false,
  code: () => ({ heading: "Call from the phone: there is no code to type", fields: [] }),
  update(v) {
    if (!isEnded(v)) {
      const text = `Call ${spaced(numberOf(v))} from ${spaced(v.to)}. The call is rejected, so it is free.`;
      return { tone: "", title: "Waiting for an inbound call", text };
    }
    switch (v.status) {
      case "verified":
        return {
          tone: "good",
          title: "Verified",
          text: `The inbound call came from ${spaced(v.to)} and was rejected.`,
        };
      case "expired":
        return { tone: "bad", title: "Expired", text: "No inbound call from this number arrived in time." };
      default:
        return null;
    }
  },
  actions: (v) => [
    { label: "Call from the phone", run: (api) => api.sandbox("/call-in", { from: v.to, to: numberOf(v) }) },
  ],
  commands: (v) => [
    {
      title: "Call from the phone (sandbox only)",
      path: "/sandbox/call-in",
      body: v && { from: v.to, to: numberOf(v) },
      waiting: "# available once a number to call was assigned",
    },
  ],
};
