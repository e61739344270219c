import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { outcomes } from "../../../src/telephony/calls/outcome.ts";
import {
  beforeLastCall,
  type Event,
  eventOf,
  events,
  isTerminal,
  next,
  terminalStatuses,
} from "../../../src/verification/machine.ts";
import { type Status, statuses } from "../../../src/verification/types.ts";

const anyEvents = fc.array(fc.constantFrom(...events), { maxLength: 30 });
const run = (history: readonly Event[]): Status[] => {
  const path: Status[] = ["pending"];
  for (const event of history) path.push(next(path.at(-1) as Status, event) ?? (path.at(-1) as Status));
  return path;
};

describe("the states of a verification", () => {
  it("end in exactly the five ways that the contract names", () => {
    expect([...terminalStatuses].sort()).toEqual(["canceled", "expired", "failed", "undeliverable", "verified"]);
  });

  it("never go on after an end, whatever happens", () => {
    fc.assert(
      fc.property(anyEvents, (history) => {
        const path = run(history);
        const end = path.findIndex(isTerminal);
        if (end >= 0) expect(new Set(path.slice(end)).size).toBe(1);
      }),
    );
  });

  it("never call a number verified without the right code or the callee's own call", () => {
    fc.assert(
      fc.property(anyEvents, (history) => {
        const proofs = history.filter((event) => event === "matched" || event === "called_in");
        if (run(history).includes("verified")) expect(proofs).not.toEqual([]);
      }),
    );
  });

  it("go backwards only by a new call, or before one", () => {
    const order: Status[] = ["pending", "calling", "ringing", "rung"];
    fc.assert(
      fc.property(anyEvents, (history) => {
        const path = run(history);
        path.slice(1).forEach((status, i) => {
          const before = path[i] as Status;
          if (!isTerminal(status) && order.indexOf(status) < order.indexOf(before))
            expect(["resent", "delivered_in_part"]).toContain(history[i]);
        });
      }),
    );
  });

  it("are never rung before the last call of the code was placed, whatever happens to the one before", () => {
    fc.assert(
      fc.property(anyEvents, (history) => {
        const path = run(history.map((event) => beforeLastCall[event] ?? event));
        expect(path).not.toContain("rung");
      }),
    );
  });

  it("can always be ended by the app, by time and by the right code", () => {
    for (const status of statuses.filter((status) => !isTerminal(status))) {
      expect([next(status, "canceled"), next(status, "expired"), next(status, "matched")]).toEqual([
        "canceled",
        "expired",
        "verified",
      ]);
    }
  });
});

describe("the end of a call", () => {
  it.each([
    ["rang", true, "rung"],
    ["answered", false, "rung"],
    ["declined", true, "rung"],
    ["interrupted", true, "rung"],
    ["canceled", true, "rung"],
    ["interrupted", false, "undeliverable"],
    ["canceled", false, "undeliverable"],
    ["busy", false, "undeliverable"],
    ["no_answer_signal", false, "undeliverable"],
    ["unallocated", false, "undeliverable"],
  ] as const)("%s (alerted: %s) leaves the verification %s", (outcome, alerted, status) => {
    const ended = {
      outcome,
      alerted,
      postDialDelayMs: 0,
      ringMs: 0,
      sipStatus: 0,
      q850Cause: 0,
      endedBy: "us" as const,
      evidence: "events" as const,
      falseAnswer: false,
      silent: false,
      inviteOver: true,
      tries: [],
    };
    const { event, reason } = eventOf(ended);
    expect({ status: next("calling", event), reason }).toEqual({ status, reason: outcome });
  });

  it("leaves no verification waiting, whatever the outcome", () => {
    for (const outcome of outcomes) {
      for (const alerted of [true, false]) {
        const ended = {
          outcome,
          alerted,
          postDialDelayMs: 0,
          ringMs: 0,
          sipStatus: 0,
          q850Cause: 0,
          endedBy: "us" as const,
          evidence: "events" as const,
          falseAnswer: false,
          silent: false,
          inviteOver: true,
          tries: [],
        };
        expect(["rung", "undeliverable"]).toContain(next("pending", eventOf(ended).event));
      }
    }
  });
});
