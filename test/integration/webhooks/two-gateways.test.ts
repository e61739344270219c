/** Two gateways change one endpoint at the same moment, over the same Redis and the same records. */
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { createWebhookStore } from "../../../src/records/webhooks.ts";
import { deferred } from "../../../src/shared/deferred.ts";
import type { WebhookStore } from "../../../src/webhooks/store-port.ts";
import { withRuntime } from "../../support/processes.ts";
import { describeOnBothBackends } from "../../support/records.ts";
import { startWebhooks, storedEvent, type WebhookGateway } from "../../support/webhooks/gateway.ts";
import { withReceivers } from "../../support/webhooks/receiver.ts";

const runtime = withRuntime();
const receivers = withReceivers();
const gateways: WebhookGateway[] = [];
let redisUrl = "";

beforeAll(async () => {
  redisUrl = (await runtime.redis()).url;
});
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.end()));
});

describeOnBothBackends("an endpoint that two gateways change", (open) => {
  async function gateway(store: WebhookStore): Promise<WebhookGateway> {
    const started = await startWebhooks({ redisUrl, store });
    gateways.push(started);
    return started;
  }

  /** A gateway whose next change of an endpoint reaches the records only when it may. */
  async function world() {
    const app = `shop-${Math.random()}`;
    const store = createWebhookStore(await open());
    const [begun, goOn] = [deferred<void>(), deferred<void>()];
    const late = new Proxy(store, {
      get(target, name: keyof WebhookStore) {
        if (name !== "putEndpoint" && name !== "changeEndpoint") return target[name];
        return async (row: never) => {
          begun.resolve();
          await goOn.promise;
          return await target[name](row);
        };
      },
    });
    const [here, there] = [await gateway(store), await gateway(late)];
    const receiver = await receivers.start();
    const endpoint = await here.service.create(app, receiver.url, []);
    return { app, store, here, there, receiver, endpoint, id: endpoint.id, begun: begun.promise, goOn: goOn.resolve };
  }

  it("and delete is deleted", async () => {
    const { app, store, here, there, id, begun, goOn } = await world();
    const changing = there.service.change(app, id, { events: ["verification.ended"] });
    await begun;
    expect(await here.service.remove(app, id)).toBe(true);
    goOn();
    expect(await changing).toBeNull();
    expect(await store.endpoints()).toEqual([]);
    for (const one of [here, there]) expect(await one.service.list(app)).toEqual([]);
  });

  it("and delete while one disables it is deleted", async () => {
    const { app, store, here, there, receiver, id, begun, goOn } = await world();
    await receiver.behave({ kind: "status", status: 410 });
    await here.end();
    gateways.splice(gateways.indexOf(here), 1);
    await there.sink.append([storedEvent(app, `v${id}`, 1)]);
    await begun;
    const other = await gateway(store);
    expect(await other.service.remove(app, id)).toBe(true);
    goOn();
    await there.end();
    gateways.splice(gateways.indexOf(there), 1);
    expect(await store.endpoints()).toEqual([]);
    expect(await other.service.list(app)).toEqual([]);
  });

  it("has both changes", async () => {
    const { app, store, here, there, endpoint, id, begun, goOn } = await world();
    const changing = there.service.change(app, id, { events: ["verification.ended"] });
    await begun;
    const rotated = await here.service.rotate(app, id);
    goOn();
    const changed = await changing;
    expect(changed).toMatchObject({ secret: rotated?.secret, previousSecret: endpoint.secret });
    expect(changed?.row.events).toEqual(["verification.ended"]);
    expect(await store.endpoints()).toEqual([changed?.row]);
    await vi.waitFor(async () => expect((await here.service.find(app, id))?.row).toEqual(changed?.row));
  });

  it("has a change in the records too, where a gateway died between writing there and in Redis", async () => {
    const { app, store, here, endpoint, id } = await world();
    await store.putEndpoint({ ...endpoint.row, events: ["delivery.*"], revision: 2 });
    const rotated = await here.service.rotate(app, id);
    expect(rotated?.secret).not.toBe(endpoint.secret);
    expect(rotated?.row.events).toEqual(["delivery.*"]);
    expect(await store.endpoints()).toEqual([rotated?.row]);
  });
});
