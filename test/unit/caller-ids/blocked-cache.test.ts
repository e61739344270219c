import { expect, it } from "vitest";
import { createBlockedCache } from "../../../src/caller-ids/blocked-cache.ts";
import type { ReputationStore } from "../../../src/caller-ids/store-port.ts";
import type { CallerId } from "../../../src/caller-ids/types.ts";
import { manualClock } from "../../support/manual-clock.ts";

const drawn = (code: string): CallerId => ({ number: `+4420${code}`, range: "block", prefix: "+4420", code });

/** A store in which these are out, and how often it was asked. */
function open(list: (out: readonly string[]) => readonly string[] | null = (out) => out) {
  const clock = manualClock();
  const stage = { out: [] as string[], asked: 0 };
  const store: Pick<ReputationStore, "look"> = {
    async look(ranges, candidates) {
      stage.asked++;
      return {
        fit: candidates.map(({ hash }) => !stage.out.includes(hash)),
        unavailable: ranges.map(() => stage.out.length),
        listed: ranges.map(() => list(stage.out)),
      };
    },
  };
  const refOf = ({ range, code }: CallerId) => ({ range, hash: code });
  const outList = createBlockedCache({ store, clock, refOf });
  return { clock, stage, look: (...codes: string[]) => outList.look(["block"], codes.map(drawn)) };
}

it("answers by itself for a quarter of a second, and asks again after it", async () => {
  const { clock, stage, look } = open();
  stage.out = ["11", "22"];
  const answer = { fit: [false, true], unavailable: [2] };
  expect(await look("11", "33")).toEqual(answer);
  stage.out = ["11", "22", "33"];
  clock.advance(249);
  expect(await look("22", "33")).toEqual(answer);
  expect(stage.asked).toBe(1);
  clock.advance(1);
  expect(await look("22", "33")).toEqual({ fit: [false, false], unavailable: [3] });
  expect(stage.asked).toBe(2);
});

it("asks each time where too many are out to list them", async () => {
  const { stage, look } = open(() => null);
  stage.out = ["11"];
  for (let i = 1; i <= 3; i++) {
    expect(await look("11", "22")).toEqual({ fit: [false, true], unavailable: [1] });
    expect(stage.asked).toBe(i);
  }
});

it("answers by itself as long though the clock is set back or forward", async () => {
  const { clock, stage, look } = open();
  await look("11");
  for (const byMs of [-3_600_000, 7_200_000]) {
    clock.set(byMs);
    await look("11");
    expect(stage.asked).toBe(1);
  }
  clock.set(-7_200_000);
  clock.advance(250);
  await look("11");
  expect(stage.asked).toBe(2);
});

it("keeps no answer of a store that is away", async () => {
  const clock = manualClock();
  const store = { look: () => Promise.reject(new Error("away")) };
  const list = createBlockedCache({ store, clock, refOf: ({ range, code }) => ({ range, hash: code }) });
  await expect(list.look(["block"], [drawn("11")])).rejects.toThrow("away");
  await expect(list.look(["block"], [drawn("11")])).rejects.toThrow("away");
});
