import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Event,
  events,
  isTerminal,
  next,
  type Status,
  statuses,
  terminalStatuses,
} from "../../../src/verification/machine.ts";

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

  it("never call a number verified without proof", () => {
    fc.assert(
      fc.property(anyEvents, (history) => {
        if (run(history).includes("verified")) expect(history).toContain("proven");
      }),
    );
  });

  it("go backwards only by another delivery, or where one fails and an earlier one stands", () => {
    const order: Status[] = ["pending", "sending", "delivered"];
    fc.assert(
      fc.property(anyEvents, (history) => {
        const path = run(history);
        path.slice(1).forEach((status, i) => {
          const before = path[i] as Status;
          if (!isTerminal(status) && order.indexOf(status) < order.indexOf(before))
            expect(["begun", "undelivered_pending", "undelivered_continuing"]).toContain(history[i]);
        });
      }),
    );
  });

  it("can always be ended by the app, by time and by proof", () => {
    for (const status of statuses.filter((status) => !isTerminal(status))) {
      expect([next(status, "canceled"), next(status, "expired"), next(status, "proven")]).toEqual([
        "canceled",
        "expired",
        "verified",
      ]);
    }
  });
});
