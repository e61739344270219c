/** A verified call in lifts the opt-outs of before, and none that came after it: events are told late, and more than once. */
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createOptOutHashes } from "../../../src/opt-out/hashes.ts";
import { liftingSink } from "../../../src/opt-out/lifting.ts";
import { createOptOuts, type OptOuts } from "../../../src/opt-out/service.ts";
import { createStore } from "../../../src/redis/index.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { testConfig } from "../../support/test-config.ts";

const hmacKey = "k9Xw2pQz7LmN4vRt8JhB3sDf6GyC1eUa";
const runtime = withRuntime();
const clock = new ManualClock();
const logger = pino({ level: "silent" });
let store: ReturnType<typeof createStore>;
let optOuts: OptOuts;
let numbers = 0;

beforeAll(async () => {
  const { url } = await runtime.redis();
  const redis = patientRedis(url);
  store = createStore({ redis, reputation: testConfig().caller_id_reputation, clock, testTime: true, logger });
  await store.firstTried();
  const hashes = createOptOutHashes(hmacKey);
  optOuts = createOptOuts({ mirror: store.optOuts, records: null, hashes, wake: () => undefined, clock, logger });
});
afterAll(() => store.close());

/** A person, and their verified call in to the shop, as the relay tells of it. */
function somebody() {
  const to = `+44740012${String(numbers++).padStart(4, "0")}`;
  const sink = liftingSink(optOuts, () => false);
  const at = new Date(clock.nowMs()).toISOString();
  const data = { status: "verified", proof: { kind: "phone", value: to, channel: "call_in" } };
  const tell = () => sink.append([{ event: { type: "verification.ended", app: "shop", at, data } } as never]);
  return { to, tell };
}

it.each([["shop"], [null]] as const)("an opt-out of %s that came before is lifted, told once or twice", async (app) => {
  const to = `+44740012${String(numbers).padStart(4, "0")}`;
  await optOuts.optOut(to, app, "text");
  clock.advance(1000);
  const caller = somebody();
  expect(caller.to).toBe(to);
  for (let told = 0; told < 2; told++) {
    await caller.tell();
    expect([await optOuts.isOut("shop", to), await optOuts.isOut("bank", to)]).toEqual([false, app === null]);
  }
});

it.each([["shop"], [null]] as const)("one of %s that came after it holds, however late it is told", async (app) => {
  const { to, tell } = somebody();
  clock.advance(1);
  await optOuts.optOut(to, app, "text");
  clock.advance(60_000);
  await tell();
  expect(await optOuts.isOut("shop", to)).toBe(true);
});

it("also between two times that it is told, and where it is written while it is looked for", async () => {
  const { to, tell } = somebody();
  await tell();
  clock.advance(1000);
  await optOuts.optOut(to, "shop", "link");
  await tell();
  expect(await optOuts.isOut("shop", to)).toBe(true);
  const lifted = { state: "in", atMs: clock.nowMs() - 1, source: "verified" } as const;
  await store.optOuts.put(createOptOutHashes(hmacKey).of(to), "shop", lifted, null);
  expect(await optOuts.isOut("shop", to)).toBe(true);
});
