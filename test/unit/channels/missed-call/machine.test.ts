import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deliveredOf } from "../../../../src/channels/calls/evidence.ts";
import { missedCallMachine } from "../../../../src/channels/missed-call/machine.ts";
import { outcomes } from "../../../../src/telephony/calls/outcome.ts";
import type { CallResult } from "../../../../src/telephony/calls/ports.ts";

const { transitions, beforeLastPart, states, initial } = missedCallMachine;
const next = (state: string, event: string) => transitions[event]?.[state] ?? state;

const ended = (known: Pick<CallResult, "outcome" | "alerted">): CallResult => ({
  ...{ postDialDelayMs: 0, ringMs: 0, sipStatus: 0, q850Cause: 0, endedBy: "us", source: "events" },
  ...{
    falseAnswer: false,
    silent: false,
    inviteOver: true,
    progress: false,
    networkBlocked: false,
    redressUrl: null,
    attempts: [],
  },
  ...known,
});

describe("the end of a call", () => {
  it.each([
    ["rang", true, "rung"],
    ["answered", false, "rung"],
    ["declined", true, "rung"],
    ["interrupted", true, "rung"],
    ["canceled", true, "rung"],
    ["interrupted", false, "failed"],
    ["canceled", false, "failed"],
    ["busy", false, "failed"],
    ["no_answer_signal", false, "failed"],
    ["unallocated", false, "failed"],
  ] as const)("%s (alerted: %s) leaves the delivery %s", (outcome, alerted, state) => {
    const { event, reason } = deliveredOf(ended({ outcome, alerted }));
    expect({ state: next("calling", event), reason }).toEqual({ state, reason: outcome });
  });

  it("leaves no delivery waiting, whatever the outcome", () => {
    for (const outcome of outcomes) {
      for (const alerted of [true, false]) {
        expect(["rung", "failed"]).toContain(next(initial, deliveredOf(ended({ outcome, alerted })).event));
      }
    }
  });
});

it("a delivery is never rung before the last call of the code was placed", () => {
  const anyEvents = fc.array(fc.constantFrom(...Object.keys(transitions)), { maxLength: 30 });
  fc.assert(
    fc.property(anyEvents, (history) => {
      const path = [initial];
      for (const event of history) path.push(next(path.at(-1) ?? "", beforeLastPart[event] ?? event));
      expect(path).not.toContain("rung");
    }),
  );
});

it("every state that a transition leads to is one of its states", () => {
  for (const moves of Object.values(transitions)) {
    for (const [from, to] of Object.entries(moves)) {
      expect(Object.keys(states)).toContain(from);
      expect(Object.keys(states)).toContain(to);
    }
  }
});
