/** Two gateways write opt-outs to the same records, one of them slowly. */
import { pino } from "pino";
import { expect, it } from "vitest";
import { createOptOutHashes } from "../../../src/opt-out/hashes.ts";
import { createOptOuts } from "../../../src/opt-out/service.ts";
import type { OptOutRecords } from "../../../src/opt-out/store-port.ts";
import { createOptOutSync } from "../../../src/opt-out/sync.ts";
import { createOptOutRecords } from "../../../src/records/opt-outs.ts";
import { createStore } from "../../../src/redis/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { deferred } from "../../../src/shared/deferred.ts";
import { withRuntime } from "../../support/processes.ts";
import { describeOnBothBackends } from "../../support/records.ts";
import { careSettings } from "../verification/world.ts";

const runtime = withRuntime();
const to = "+447400123456";

describeOnBothBackends("opt-outs of two gateways", (open) => {
  it("one that was lifted does not take a later one out of the records, however late a gateway says so", async () => {
    const server = await runtime.redis();
    const logger = pino({ level: "silent" });
    const parts = { clock: systemClock, logger };
    const redis = { url: server.url, command_timeout_ms: 5000 };
    const store = createStore({ redis, reputation: careSettings, ...parts });
    await store.firstTried();
    const mirror = store.optOuts;
    const records = createOptOutRecords(await open());
    const hashes = createOptOutHashes("a key that only this test has, of 32 characters and more");
    const optOuts = createOptOuts({ ...{ mirror, records, hashes, wake: () => undefined }, ...parts });
    const syncOf = (own: OptOutRecords) => createOptOutSync({ ...{ mirror, records: own }, ...parts });
    const here = syncOf(records);

    await optOuts.optOut(to, null, "text");
    await here.now();
    await optOuts.remove(to, null);
    const [begun, goOn] = [deferred<void>(), deferred<void>()];
    const there = syncOf({
      ...records,
      async put(rows) {
        begun.resolve();
        await goOn.promise;
        await records.put(rows);
      },
    }).now();
    await begun.promise;
    await here.now();
    await optOuts.optOut(to, null, "text");
    await here.now();
    goOn.resolve();
    await there;
    expect(await records.find(hashes.all(to))).toMatchObject([{ entries: { "*": { state: "out" } } }]);
    await store.close();
    await server.stop();
  });
});
