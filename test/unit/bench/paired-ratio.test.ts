import { expect, it } from "vitest";
import { alternate, pairedRatio } from "../../../bench/support/alternate.ts";

it("compares what was measured in the same round, so that a slow round of both changes nothing", () => {
  expect(pairedRatio([80, 40, 81, 160, 79], [100, 50, 100, 200, 100])).toEqual({
    ...{ ratio: 0.8, low: 0.79, quarter: 0.8, threeQuarters: 0.8, high: 0.81 },
  });
});

it("a mirrored order keeps neighbours neighbours", async () => {
  const order: string[] = [];
  const side = (name: string) => ({ name, measure: () => order.push(name) });
  await alternate([side("a"), side("b"), side("c")], { rounds: 2, warmupRounds: 1, order: "mirrored" });
  expect(order.join("")).toBe("abccbaabc");
});
