/** The states of a message, for every order in which reports may come. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { eventOf, messageMachine } from "../../../../src/channels/messages/machine.ts";

const { transitions, states, initial, final } = messageMachine;
const after = (state: string, event: string) => transitions[event]?.[state] ?? state;

it("ends as the first final report says, whatever comes before and after", () => {
  const reports = fc.array(fc.constantFrom("sent" as const, "delivered" as const, "failed" as const), { minLength: 1 });
  fc.assert(
    fc.property(reports, (list) => {
      const end = list.map((state) => eventOf({ state })).reduce(after, initial);
      expect(end).toBe(list.find((state) => state !== "sent") ?? "sent");
    }),
  );
});

it("is lost only while it is queued: what was taken may have arrived", () => {
  expect(Object.keys(states).filter((state) => after(state, "lost") !== state)).toEqual(["queued"]);
});

it("leaves no final state", () => {
  for (const state of final) {
    for (const event of Object.keys(transitions)) expect(after(state, event)).toBe(state);
  }
});

it("knows each state that it reaches, and blocks no other delivery once the provider has taken it", () => {
  for (const [, moves] of Object.entries(transitions)) {
    for (const [from, to = ""] of Object.entries(moves)) {
      expect(Object.keys(states)).toEqual(expect.arrayContaining([from, to]));
    }
  }
  expect(messageMachine.busy).toEqual(["queued"]);
});
