/** The smallest `npm run chaos`, so that it cannot rot: one kill and one freeze of each victim, one call in each state. */
import { expect, test } from "vitest";
import { deferred } from "../../src/shared/deferred.ts";
import { createDice } from "./dice.ts";
import { runKills } from "./kills/index.ts";
import { harms, victimsOf } from "./kills/world.ts";
import { states } from "./states.ts";

test("kill -9 and freezes of gateway, Asterisk and Redis: nothing is lost, nobody is rung twice, nothing is left behind", async () => {
  // A world for each victim, at the same time: most of it is waiting.
  const worlds = [
    ...victimsOf("ari-websocket").map((victim) => ({ victim, driver: "ari-websocket" as const })),
    // What is special about our own SIP; the rest is for the command.
    { victim: "gateway" as const, driver: "sip" as const },
  ];
  // Their starts would take the CPU from each other's calls.
  const allStarted = deferred<void>();
  allStarted.promise.catch(() => undefined);
  let started = 0;
  const onStarted = () => {
    started += 1;
    if (started === worlds.length) allStarted.resolve();
    return allStarted.promise;
  };
  const runs = await Promise.all(
    worlds.map(({ victim, driver }, index) =>
      runKills({
        ...{ victims: [victim], times: 1, freezes: 1, callsPerState: 1, quick: true, dice: createDice(index + 1) },
        ...{ appendfsync: "always", driver, gateways: 2 },
        progress: () => undefined,
        onStarted,
      }).catch((error: unknown) => {
        allStarted.reject(error);
        throw error;
      }),
    ),
  );
  const cells = runs.flatMap((run) => run.cells);
  expect(runs.flatMap(({ violations }) => violations)).toEqual([]);
  expect(cells).toHaveLength(worlds.length * harms.length * states.length);
  for (const { accepted } of cells) expect(accepted).toBe(1);
  // Digits of a missed call are good whatever was killed since.
  const verified = cells.filter(({ state }) => state === "rung" || state === "checking").map(({ ends }) => ends);
  expect(verified).toEqual(verified.map(() => ({ verified: 1 })));
}, 150_000);
