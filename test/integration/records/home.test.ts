/** All gateways on one Redis record to the same place. */
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createRecords, type Records } from "../../../src/records/records.ts";
import { createStore, type Store } from "../../../src/redis/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import { withRuntime } from "../../support/processes.ts";
import { describeOnBothBackends, recordsConfig } from "../../support/records.ts";
import { patientRedis } from "../../support/redis.ts";
import { careSettings } from "../verification/world.ts";

const runtime = withRuntime();
const logger = pino({ level: "silent" });
let store: Store;
let redisUrl = "";
const opened: Records[] = [];

beforeAll(async () => {
  redisUrl = (await runtime.redis()).url;
  store = openStore(redisUrl);
  await vi.waitFor(async () => expect(await store.ping()).toBe(true), { timeout: 10_000 });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((records) => records.close()));
});
afterAll(() => store.close());

function openStore(url: string): Store {
  const redis = patientRedis(url);
  return createStore({ redis, reputation: careSettings, clock: systemClock, logger });
}

/** Another gateway's records. @param leases default: those of a Redis that answers */
function gateway(url: string, leases: Store["leases"] = store.leases): Records {
  const records = createRecords({
    config: recordsConfig(url),
    clock: systemClock,
    random: cryptoRandom,
    logger,
    leases,
  });
  opened.push(records);
  return records;
}

describeOnBothBackends("several gateways on one Redis", (open) => {
  if (open.backend === "sqlite") {
    test("the second one is refused with SQLite, and told which gateway has it; once that has stopped it may", async () => {
      const url = await open.newUrl();
      const first = gateway(url);
      await first.start();
      const refused = gateway(await open.newUrl());
      await expect(refused.start()).rejects.toThrow(
        new RegExp(
          `^another gateway on this Redis records to the SQLite file ${url.slice(7)} \\(host \\S+, process ${process.pid}, .*\\); stop it first, or give all gateways the same PostgreSQL in records\\.url$`,
        ),
      );
      // As its process ends: one that goes on looking would be next.
      await refused.close();
      await first.close();
      const second = gateway(url);
      await second.start();
      expect(second.state().up).toBe(true);
    });

    test("after a crash the next one waits seconds, and starts", async () => {
      const url = await open.newUrl();
      // One that took the lease and never renewed it.
      await store.leases.take("records", "a gateway that is gone", 2000);
      const begunMs = performance.now();
      const next = gateway(url);
      await next.start();
      expect(next.state().up).toBe(true);
      // The lease is over after two; the rest is for a machine that is busy.
      expect(performance.now() - begunMs).toBeLessThan(15_000);
    });
  } else {
    test("several work with one PostgreSQL, under any of its names; another database is refused", async () => {
      const url = await open.newUrl();
      const [one, two] = [gateway(url), gateway(url.replace("127.0.0.1", "localhost"))];
      await one.start();
      await two.start();
      expect([one.state().up, two.state().up]).toEqual([true, true]);
      await expect(gateway(await open.newUrl()).start()).rejects.toThrow(
        /records to the PostgreSQL database records_\d+ with id [0-9a-f]{12}; stop it first/,
      );
    });

    test("one that records nothing is refused beside one that records", async () => {
      const recording = gateway(await open.newUrl());
      await recording.start();
      await expect(gateway("off").start()).rejects.toThrow(/records to the PostgreSQL database/);
    });
  }

  test("while Redis is away it starts, and records once Redis has said that it may", async () => {
    const url = await open.newUrl();
    let away = true;
    const refusing: Store["leases"] = {
      ...store.leases,
      // As the adapter reports it.
      take: async (...of) => {
        if (away) throw new Refusal("store_unavailable", "away");
        return store.leases.take(...of);
      },
    };
    const records = gateway(url, refusing);
    await records.start();
    expect(records.state()).toMatchObject({ up: false, why: "Redis, which knows who records, does not answer" });
    await expect(records.read(async () => 1)).rejects.toMatchObject({ code: "records_unavailable" });
    away = false;
    await expect.poll(() => records.state().up).toBe(true);
  });
});

describe("gateways that record nothing", () => {
  test("are as many as one likes", async () => {
    for (const records of [gateway("off"), gateway("off")]) {
      await records.start();
      expect(records.state()).toMatchObject({ backend: null, up: false });
      await expect(records.write(async () => 1)).rejects.toMatchObject({ code: "records_unavailable" });
    }
  });
});
