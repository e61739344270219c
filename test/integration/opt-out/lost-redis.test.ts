/** Redis loses its data while the records are away: what is changed then is merged with what the records have. */
import { Redis } from "ioredis";
import { pino } from "pino";
import { expect, it } from "vitest";
import { createOptOutHashes } from "../../../src/opt-out/hashes.ts";
import { createOptOuts } from "../../../src/opt-out/service.ts";
import type { OptOutRecords } from "../../../src/opt-out/store-port.ts";
import { createOptOutSync } from "../../../src/opt-out/sync.ts";
import { recordsUnavailable } from "../../../src/records/failure.ts";
import { createOptOutRecords } from "../../../src/records/opt-outs.ts";
import { createStore } from "../../../src/redis/index.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { withRuntime } from "../../support/processes.ts";
import { describeOnBothBackends } from "../../support/records.ts";
import { careSettings } from "../verification/world.ts";

const runtime = withRuntime();
const [grace, alan, ada] = ["+447400123456", "+447400123457", "+447400123458"];

describeOnBothBackends("opt-outs of a Redis that lost its data while the records were away", (open) => {
  it("are neither overlooked nor lost, whatever the records had of the person", async () => {
    const server = await runtime.redis();
    const logger = pino({ level: "silent" });
    const clock = new ManualClock();
    const redis = { url: server.url, command_timeout_ms: 5000 };
    const store = createStore({ redis, reputation: careSettings, clock, logger });
    await store.firstTried();
    const client = new Redis(server.url);
    const kept = createOptOutRecords(await open());
    let isAway = false;
    const unlessAway = <A extends unknown[], T>(work: (...args: A) => Promise<T>) => {
      return (...args: A): Promise<T> => (isAway ? Promise.reject(recordsUnavailable()) : work(...args));
    };
    const records: OptOutRecords = {
      put: unlessAway(kept.put),
      find: unlessAway(kept.find),
      page: unlessAway(kept.page),
    };
    const mirror = store.optOuts;
    const hashes = createOptOutHashes("a key that only this test has, of 32 characters and more");
    const optOuts = createOptOuts({ mirror, records, hashes, wake: () => undefined, clock, logger });
    const sync = createOptOutSync({ mirror, records, clock, logger });
    const isOut = async (to: string) => [await optOuts.isOut("shop", to), await optOuts.isOut("bank", to)];

    // Grace opted out of the shop, Alan out of all and into the shop again, each with a revision above 1; of Ada nothing is known.
    for (const source of ["text", "link"] as const) await optOuts.optOut(grace, "shop", source);
    await optOuts.optOut(alan, null, "text");
    clock.advance(1000);
    expect(await optOuts.lift(alan, "shop", clock.nowMs())).toBe(true);
    await sync.now();
    expect(await isOut(alan)).toEqual([false, true]);

    isAway = true;
    await client.flushall();
    for (const to of [grace, alan, ada]) {
      await expect(optOuts.isOut("shop", to)).rejects.toMatchObject({ code: "records_unavailable" });
    }
    clock.advance(1000);
    await optOuts.optOut(grace, null, "text");
    await optOuts.optOut(alan, "shop", "link");
    await optOuts.optOut(ada, "bank", "call");
    await expect(sync.now()).rejects.toMatchObject({ code: "records_unavailable" });
    await expect(optOuts.isOut("bank", grace)).rejects.toMatchObject({ code: "records_unavailable" });

    isAway = false;
    const expected = [
      [true, true],
      [true, true],
      [false, true],
    ];
    const found = async () => Promise.all([grace, alan, ada].map(isOut));
    // Before they are merged, afterwards, and once Redis has lost its data again.
    expect(await found()).toEqual(expected);
    await sync.now();
    expect(await found()).toEqual(expected);
    expect(await client.hlen("{optouts}:waiting")).toBe(0);
    const [row] = await kept.find([hashes.of(grace)]);
    expect(row?.entries).toMatchObject({ shop: { source: "link" }, "*": { source: "text" } });
    await client.flushall();
    await sync.now();
    expect(await found()).toEqual(expected);

    await client.quit();
    await store.close();
    await server.stop();
  });

  it("one that was written while the records were away, and is changed when they are back, has what they had", async () => {
    const server = await runtime.redis();
    const logger = pino({ level: "silent" });
    const clock = new ManualClock();
    const store = createStore({
      ...{ redis: { url: server.url, command_timeout_ms: 5000 }, reputation: careSettings, clock, logger },
    });
    await store.firstTried();
    const records = createOptOutRecords(await open());
    const hashes = createOptOutHashes("a key that only this test has, of 32 characters and more");
    const [mirror, callee] = [store.optOuts, hashes.of(grace)];
    const out = { state: "out", atMs: clock.nowMs(), source: "text" } as const;
    await records.put([{ callee, entries: { shop: out }, revision: 7 }]);
    await mirror.put(callee, "bank", { ...out, atMs: out.atMs + 1 }, "unknown");
    const optOuts = createOptOuts({ mirror, records, hashes, wake: () => undefined, clock, logger });
    expect(await optOuts.remove(grace, "bank")).toBe(1);
    expect((await mirror.waiting())[0]).toEqual({ callee, entries: { shop: out }, revision: 8 });
    await createOptOutSync({ mirror, records, clock, logger }).now();
    expect([await optOuts.isOut("shop", grace), await optOuts.isOut("bank", grace)]).toEqual([true, false]);
    await store.close();
    await server.stop();
  });
});
