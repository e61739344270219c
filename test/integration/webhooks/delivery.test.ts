/** Deliveries to real receivers in processes of their own, over a real Redis. */
import { Redis } from "ioredis";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { memoryWebhookStore } from "../../support/memory-webhook-store.ts";
import { withRuntime } from "../../support/processes.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { startWebhooks, storedEvent, type WebhookGateway } from "../../support/webhooks/gateway.ts";
import { type Received, type Receiver, withReceivers } from "../../support/webhooks/receiver.ts";

const runtime = withRuntime();
const receivers = withReceivers();
const app = "shop";
let redisUrl = "";
const gateways: WebhookGateway[] = [];

beforeAll(async () => {
  redisUrl = (await runtime.redis()).url;
});
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.end();
});

async function gateway(options: Partial<Parameters<typeof startWebhooks>[0]> = {}): Promise<WebhookGateway> {
  const started = await startWebhooks({ redisUrl, store: memoryWebhookStore(), ...options });
  gateways.push(started);
  return started;
}

async function contents(): Promise<string> {
  const client = new Redis(redisUrl);
  try {
    return JSON.stringify(await redisContents(client));
  } finally {
    client.disconnect();
  }
}

/** The machine is shared: what is waited for may take a while. */
const eventually = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 20 });

const idsOf = (received: readonly Received[]) => received.map(({ headers }) => headers["webhook-id"]);

async function until(receiver: Receiver, count: number, timeout = 10_000): Promise<readonly Received[]> {
  const enough = async () => expect((await receiver.received()).length).toBeGreaterThanOrEqual(count);
  await vi.waitFor(enough, { timeout, interval: 20 });
  return receiver.received();
}

/** An app of its own for each test: they share the Redis. */
let apps = 0;
const ownApp = () => `${app}${apps++}`;

it("no app waits for another one whose endpoints all hang: they leave half of the deliveries", async () => {
  const [slow, quick] = [ownApp(), ownApp()];
  // The least that the configuration allows; a hanging delivery would last longer than this test.
  const config = { deadline_ms: 30_000, concurrency: 8, concurrency_per_endpoint: 2, endpoints_per_app: 2 };
  const { service, sink } = await gateway({ config });
  const hanging = await Promise.all([1, 2].map(() => receivers.start({ kind: "hang" })));
  for (const { url } of hanging) await service.create(slow, url, []);
  await sink.append(Array.from({ length: 20 }, (_, n) => storedEvent(slow, `vslow${n}`, 1)));
  for (const receiver of hanging) await until(receiver, 2);
  const receiver = await receivers.start();
  await service.create(quick, receiver.url, []);
  await sink.append(Array.from({ length: 20 }, (_, n) => storedEvent(quick, `vquick${n}`, 1)));
  expect(await until(receiver, 20)).toHaveLength(20);
  for (const one of hanging) expect(await one.received()).toHaveLength(2);
  // The gateway waits at its stop for what is in progress.
  for (const one of hanging) await one.kill();
});

it("a stop leaves what hangs after 1.5 s to the next gateway, as no failed try: it waited for webhooks.deadline_ms", async () => {
  const [own, store] = [ownApp(), memoryWebhookStore()];
  const options = { redisUrl, store, config: { deadline_ms: 60_000 }, parts: { claimMs: 1500 } };
  const receiver = await receivers.start({ kind: "hang" });
  const first = await startWebhooks(options);
  const { id } = await first.service.create(own, receiver.url, []);
  await first.sink.append([storedEvent(own, "vstop", 1), storedEvent(own, "vstop", 2)]);
  await until(receiver, 1);
  const beganMs = performance.now();
  await first.stop();
  expect(performance.now() - beganMs).toBeLessThan(10_000);
  await receiver.behave({ kind: "ok" });
  const next = await gateway(options);
  expect(idsOf(await until(receiver, 3))).toEqual(["evt_vstop_1", "evt_vstop_1", "evt_vstop_2"]);
  const delivered = { attempt: 1, delivered: true };
  const tries = async () => (await next.service.tries(own, id, null, 10))?.items;
  await eventually(async () => expect(await tries()).toMatchObject([delivered, delivered]));
  await first.redis.close();
});

describe("a delivery", () => {
  it("is the envelope, with the headers that the official library verifies; both secrets sign after a rotation", async () => {
    const own = ownApp();
    const { service, sink } = await gateway();
    const receiver = await receivers.start();
    const created = await service.create(own, receiver.url, []);
    await sink.append([storedEvent(own, "va", 1)]);
    const [first] = await until(receiver, 1);
    const verified = new Webhook(created.secret).verify(first?.body ?? "", { ...first?.headers });
    expect(verified).toMatchObject({ id: "evt_va_1", type: "delivery.updated", seq: 1, app: own });
    expect(first?.headers).toMatchObject({ "content-type": "application/json", "webhook-id": "evt_va_1" });

    const rotated = await service.rotate(own, created.id);
    await sink.append([storedEvent(own, "va", 2)]);
    const second = (await until(receiver, 2))[1];
    for (const secret of [created.secret, rotated?.secret ?? ""]) {
      expect(new Webhook(secret).verify(second?.body ?? "", { ...second?.headers })).toMatchObject({ seq: 2 });
    }
    expect(() =>
      new Webhook("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").verify(second?.body ?? "", { ...second?.headers }),
    ).toThrow();
  });

  it("goes to the app's own endpoints whose filters fit, and to no other", async () => {
    const [mine, other] = [ownApp(), ownApp()];
    const { service, sink } = await gateway();
    const [all, ended, family, foreign] = await Promise.all(Array.from({ length: 4 }, () => receivers.start()));
    await service.create(mine, all?.url ?? "", []);
    await service.create(mine, ended?.url ?? "", ["verification.ended"]);
    await service.create(mine, family?.url ?? "", ["delivery.*"]);
    await service.create(other, foreign?.url ?? "", []);
    await sink.append([
      storedEvent(mine, "vb", 1, "verification.started"),
      storedEvent(mine, "vb", 2, "delivery.updated"),
      storedEvent(mine, "vb", 3, "verification.ended"),
      storedEvent(other, "vc", 1, "verification.started"),
    ]);
    expect(idsOf(await until(all as Receiver, 3))).toEqual(["evt_vb_1", "evt_vb_2", "evt_vb_3"]);
    expect(idsOf(await until(ended as Receiver, 1))).toEqual(["evt_vb_3"]);
    expect(idsOf(await until(family as Receiver, 1))).toEqual(["evt_vb_2"]);
    expect(idsOf(await until(foreign as Receiver, 1))).toEqual(["evt_vc_1"]);
  });

  it("reaches an endpoint that was registered at another gateway a moment ago, and none that was deleted there", async () => {
    const own = ownApp();
    const store = memoryWebhookStore();
    const [one, two] = [await gateway({ store }), await gateway({ store })];
    const receiver = await receivers.start();
    const { id } = await one.service.create(own, receiver.url, []);
    await two.sink.append([storedEvent(own, "vq", 1)]);
    await until(receiver, 1);
    await one.service.remove(own, id);
    await Promise.all(Array.from({ length: 20 }, (_, i) => two.sink.append([storedEvent(own, `vq${i}`, 1)])));
    expect(await contents()).not.toContain("evt_vq1_");
    expect(idsOf(await receiver.received())).toEqual(["evt_vq_1"]);
  });

  it("of a batch that the relay sends twice happens once", async () => {
    const own = ownApp();
    const { service, sink } = await gateway();
    const receiver = await receivers.start();
    await service.create(own, receiver.url, []);
    const batch = [storedEvent(own, "vd", 1), storedEvent(own, "vd", 2)];
    await sink.append(batch);
    await until(receiver, 2);
    await sink.append(batch);
    await sink.append([storedEvent(own, "vd", 3)]);
    expect(idsOf(await until(receiver, 3))).toEqual(["evt_vd_1", "evt_vd_2", "evt_vd_3"]);
  });

  it("keeps neither URL nor secret readable in Redis, and no log line has a URL", async () => {
    const own = ownApp();
    const { service, sink, logged } = await gateway();
    const receiver = await receivers.start({ kind: "status", status: 500 });
    const created = await service.create(own, `${receiver.url}?token=very-secret-token`, []);
    await sink.append([storedEvent(own, "ve", 1)]);
    await until(receiver, 2);
    const kept = await contents();
    expect(kept).toContain(created.id);
    expect(kept).not.toContain("very-secret-token");
    expect(kept).not.toContain(created.secret.slice(6));
    expect(logged()).toContain("webhook delivery failed");
    expect(logged()).not.toContain("very-secret-token");
    expect(logged()).not.toContain(created.secret.slice(6));
  });
});

describe("a receiver that fails", () => {
  it("is tried again, and the events of that verification wait for it in their order, while others go on", async () => {
    const own = ownApp();
    const { service, sink } = await gateway();
    const receiver = await receivers.start({ kind: "fail_if", text: "vf-poison" });
    await service.create(own, receiver.url, []);
    await sink.append([
      storedEvent(own, "vf-poison", 1),
      storedEvent(own, "vf-poison", 2),
      storedEvent(own, "vf-good", 1),
    ]);
    await eventually(async () => expect((await receiver.received()).length).toBeGreaterThanOrEqual(4));
    const during = idsOf(await receiver.received());
    expect(during).toContain("evt_vf-good_1");
    expect(during).not.toContain("evt_vf-poison_2");
    await receiver.behave({ kind: "ok" });
    const before = (await receiver.received()).length;
    expect(idsOf((await until(receiver, before + 2)).slice(before))).toEqual(["evt_vf-poison_1", "evt_vf-poison_2"]);
  });

  it.each([
    ["hangs", { kind: "hang" }, "timeout", null],
    ["drips its answer", { kind: "drip" }, "timeout", null],
    ["answers with a megabyte", { kind: "large" }, "too_large", 200],
    ["closes the connection", { kind: "reset" }, "broken", null],
    ["redirects", { kind: "status", status: 307, headers: { location: "http://127.0.0.1:1/" } }, "redirected", 307],
    ["fails", { kind: "status", status: 500 }, null, 500],
  ] as const)("%s: the try failed, and is listed with its reason", async (_name, behaviour, error, status) => {
    const own = ownApp();
    // What ends before its deadline is told by its reason, however slow the machine is.
    const deadlineMs = error === "timeout" ? 500 : 10_000;
    const { service, sink } = await gateway({ config: { deadline_ms: deadlineMs } });
    const receiver = await receivers.start(behaviour);
    const { id } = await service.create(own, receiver.url, []);
    await sink.append([storedEvent(own, `vg-${error}-${status}`, 1)]);
    await eventually(async () => expect((await service.tries(own, id, null, 10))?.items.length).toBeGreaterThan(0));
    const tries = (await service.tries(own, id, null, 10))?.items ?? [];
    expect(tries.at(-1)).toMatchObject({ attempt: 1, delivered: false, error, status, type: "delivery.updated" });
    expect(tries.at(-1)?.durationMs).toBeLessThan(deadlineMs + 5000);
  });

  it("and asks to wait with Retry-After is not tried sooner", async () => {
    const own = ownApp();
    const { service, sink } = await gateway();
    const receiver = await receivers.start({ kind: "status", status: 503, headers: { "retry-after": "1" } });
    await service.create(own, receiver.url, []);
    await sink.append([storedEvent(own, "vh", 1)]);
    const [first, second] = await until(receiver, 2);
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it("answers 410: is disabled at once with an event, and what was queued can be replayed once it is enabled again", async () => {
    const own = ownApp();
    const store = memoryWebhookStore();
    const { service, sink, disabled } = await gateway({ store });
    const receiver = await receivers.start({ kind: "status", status: 410 });
    const { id } = await service.create(own, receiver.url, []);
    await sink.append([storedEvent(own, "vi", 1), storedEvent(own, "vi", 2)]);
    await eventually(() => expect(disabled).toEqual([{ webhook: id, reason: "gone", app: own }]));
    expect((await service.find(own, id))?.row).toMatchObject({ enabled: false, disabledReason: "gone" });
    expect(store.rows.get(id)).toMatchObject({ enabled: false, disabledReason: "gone" });
    await eventually(async () =>
      expect((await service.deadLetters(own, id, null, 10))?.items.map(({ eventId }) => eventId)).toEqual([
        "evt_vi_1",
        "evt_vi_2",
      ]),
    );
    await sink.append([storedEvent(own, "vi", 3)]);

    await receiver.behave({ kind: "ok" });
    await service.change(own, id, { enabled: true });
    const before = (await receiver.received()).length;
    expect(await service.replay(own, id, { sinceMs: 0 })).toEqual({ replayed: 2, more: false });
    expect(idsOf((await until(receiver, before + 2)).slice(before))).toEqual(["evt_vi_1", "evt_vi_2"]);
    expect((await service.deadLetters(own, id, null, 10))?.items).toEqual([]);
  });

  it("for longer than an event is tried: the event becomes a dead letter", async () => {
    const own = ownApp();
    const store = memoryWebhookStore();
    // 1.08 s
    const { service, sink } = await gateway({ store, config: { retry_hours: 0.0003 } });
    const receiver = await receivers.start({ kind: "status", status: 500 });
    const { id } = await service.create(own, receiver.url, []);
    await sink.append([storedEvent(own, "vj", 1)]);
    await eventually(() => expect(store.letters.size).toBe(1));
    expect([...store.letters.values()]).toMatchObject([
      { endpoint: id, app: own, eventId: "evt_vj_1", verification: "vj", type: "delivery.updated", reason: "expired" },
    ]);
    expect([...store.letters.values()][0]?.tries).toBe((await receiver.received()).length);
  });

  it("for days is disabled", async () => {
    const own = ownApp();
    const { service, sink, disabled } = await gateway({ config: { disable_after_hours: 0.0001 } });
    const receiver = await receivers.start({ kind: "status", status: 500 });
    const { id } = await service.create(own, receiver.url, []);
    await sink.append([storedEvent(own, "vk", 1)]);
    await eventually(() => expect(disabled).toEqual([{ webhook: id, reason: "failing", app: own }]));
    expect((await service.find(own, id))?.row).toMatchObject({ enabled: false, disabledReason: "failing" });
  });

  it("is killed and comes back: it gets everything, in order per verification", async () => {
    const own = ownApp();
    const { service, sink } = await gateway();
    const receiver = await receivers.start();
    await service.create(own, receiver.url, []);
    await receiver.kill();
    const verifications = Array.from({ length: 20 }, (_, index) => `vl${index}`);
    for (const seq of [1, 2, 3]) await sink.append(verifications.map((one) => storedEvent(own, one, seq)));
    const again = await receivers.start({ kind: "ok" }, receiver.port);
    const received = await until(again, 60, 20_000);
    for (const one of verifications) {
      expect(idsOf(received).filter((id) => id?.startsWith(`evt_${one}_`))).toEqual(
        [1, 2, 3].map((seq) => `evt_${one}_${seq}`),
      );
    }
  });
});

describe("addresses", () => {
  it("that a name leads to are checked at each try: DNS rebinding gains nothing", async () => {
    const own = ownApp();
    let lookups = 0;
    const { service, sink, results } = await gateway({
      parts: {
        delaysMs: [50],
        resolve(_name, done) {
          // The second answer is a metadata service, which `allow_private` does not allow either.
          done(null, [{ address: lookups++ === 0 ? "127.0.0.1" : "169.254.169.254", family: 4 }]);
        },
      },
    });
    const receiver = await receivers.start({ kind: "close" });
    const { id } = await service.create(own, `http://receiver.example:${receiver.port}/`, []);
    await sink.append([storedEvent(own, "vm", 1)]);
    await until(receiver, 1);
    await sink.append([storedEvent(own, "vm", 2)]);
    await eventually(() => expect(results.get("forbidden")).toBeGreaterThan(1));
    expect((await service.tries(own, id, null, 1))?.items).toMatchObject([
      { error: "forbidden_address", status: null },
    ]);
    expect(idsOf(await receiver.received())).toEqual(["evt_vm_1"]);
  });

  it("of loopback are refused where private ones are not allowed, though the name was public at first", async () => {
    const own = ownApp();
    let lookups = 0;
    const { service, sink, results } = await gateway({
      config: { allow_private: false },
      parts: {
        delaysMs: [50],
        resolve(_name, done) {
          // A public address where nothing answers: the try fails, the next one resolves anew.
          if (lookups++ === 0) done(Object.assign(new Error("no answer"), { code: "EAI_AGAIN" }), []);
          else done(null, [{ address: "127.0.0.1", family: 4 }]);
        },
      },
    });
    const receiver = await receivers.start();
    await service.create(own, `https://receiver.example:${receiver.port}/`, []);
    await sink.append([storedEvent(own, "vn", 1)]);
    await eventually(() => expect(results.get("forbidden")).toBeGreaterThan(0));
    expect(await receiver.received()).toEqual([]);
  });
});

describe("records that are away", () => {
  it("stop no delivery; dead letters wait in Redis and are moved when they are back", async () => {
    const own = ownApp();
    const store = memoryWebhookStore();
    const { service, sink } = await gateway({ store, config: { retry_hours: 0.0001 } });
    const [good, bad] = [await receivers.start(), await receivers.start({ kind: "status", status: 500 })];
    await service.create(own, good.url, []);
    const { id } = await service.create(own, bad.url, []);
    store.away = true;
    await expect(service.create(own, good.url, [])).rejects.toMatchObject({ code: "store_unavailable" });
    await sink.append([storedEvent(own, "vo", 1)]);
    await until(good, 1);
    await eventually(async () => expect(await contents()).toContain("expired"));
    await expect(service.deadLetters(own, id, null, 10)).rejects.toMatchObject({ code: "store_unavailable" });
    store.away = false;
    expect((await service.deadLetters(own, id, null, 10))?.items).toMatchObject([{ eventId: "evt_vo_1" }]);
    expect(store.letters.size).toBe(1);
  });
});

it("an app has no more endpoints than it may, however many it creates at the same moment", async () => {
  const own = ownApp();
  const { service } = await gateway({ config: { endpoints_per_app: 3 } });
  const created = await Promise.allSettled(
    Array.from({ length: 12 }, (_, i) => service.create(own, `http://127.0.0.1:9/${i}`, [])),
  );
  const taken = created.filter(({ status }) => status === "fulfilled").length;
  expect(taken).toBeLessThanOrEqual(3);
  expect(await service.list(own)).toHaveLength(taken);
});

describe("endpoints that Redis has lost", () => {
  it("get what is queued when they are back from records, and what came meanwhile", async () => {
    const own = ownApp();
    const store = memoryWebhookStore();
    const { service, sink } = await gateway({ store, parts: { delaysMs: [300] } });
    const receiver = await receivers.start({ kind: "status", status: 500 });
    await service.create(own, receiver.url, []);
    await sink.append([storedEvent(own, "vlost", 1)]);
    await until(receiver, 1);
    store.away = true;
    const client = new Redis(redisUrl);
    await client.del("{webhooks}:endpoints", "{webhooks}:version", "{webhooks}:due");
    client.disconnect();
    // Another gateway finds the queue and knows no endpoint.
    await gateway({ store });
    await sink.append([storedEvent(own, "vmeanwhile", 1)]);
    await receiver.behave({ kind: "ok" });
    store.away = false;
    await eventually(async () => {
      const delivered = (await receiver.received()).filter(({ answered }) => answered);
      expect(idsOf(delivered).sort()).toEqual(["evt_vlost_1", "evt_vmeanwhile_1"]);
    });
  });

  it("keep their queue while records do not say that they are deleted", async () => {
    const own = ownApp();
    const store = memoryWebhookStore();
    const one = await gateway({ store });
    const receiver = await receivers.start({ kind: "status", status: 500 });
    const { id } = await one.service.create(own, receiver.url, []);
    await one.sink.append([storedEvent(own, "vkept", 1)]);
    await until(receiver, 1);
    await one.end();
    gateways.splice(gateways.indexOf(one), 1);
    store.away = true;
    const client = new Redis(redisUrl);
    await client.del("{webhooks}:endpoints", "{webhooks}:version");
    await client.zadd("{webhooks}:due", 0, id);
    await gateway({ store });
    await eventually(async () => expect(Number(await client.zscore("{webhooks}:due", id))).toBeGreaterThan(0));
    await eventually(async () =>
      expect(Number(await client.zscore("{webhooks}:due", id))).toBeGreaterThan(Date.now() + 5000),
    );
    client.disconnect();
    expect(await contents()).toContain("evt_vkept_1");
  });
});

describe("an endpoint that is deleted", () => {
  it("leaves nothing in Redis", async () => {
    const own = ownApp();
    const { service, sink } = await gateway();
    const receiver = await receivers.start({ kind: "status", status: 500 });
    const { id } = await service.create(own, receiver.url, []);
    await sink.append([storedEvent(own, "vp", 1)]);
    await until(receiver, 1);
    expect(await service.remove("another-app", id)).toBe(false);
    expect(await service.remove(own, id)).toBe(true);
    await eventually(async () => expect(await contents()).not.toContain(id));
  });

  it("does not cost a read of all endpoints: an app may delete in a loop", async () => {
    const own = ownApp();
    const store = memoryWebhookStore();
    const all = vi.spyOn(store, "endpoints");
    const { service } = await gateway({ store });
    await eventually(async () => expect(all).toHaveBeenCalledOnce());
    for (let i = 0; i < 2; i++) {
      const { id } = await service.create(own, "https://hooks.example.com/", []);
      await service.remove(own, id);
      await eventually(async () => expect(await contents()).not.toContain(id));
    }
    expect(all).toHaveBeenCalledOnce();
  });

  it("leaves nothing in Redis though the gateway died that removed it, before its queue was cleared", async () => {
    const own = ownApp();
    const store = memoryWebhookStore();
    const died = await gateway({ store });
    const receiver = await receivers.start({ kind: "status", status: 500 });
    const { id } = await died.service.create(own, receiver.url, []);
    await died.sink.append([storedEvent(own, "vdied", 1)]);
    await until(receiver, 1);
    await store.removeEndpoint(id);
    await died.stop();
    await died.redis.webhookMirror.remove(id);
    expect(await contents()).toContain(`{w${id}}:l:vdied`);
    await gateway({ store });
    await eventually(async () => expect(await contents()).not.toContain(id));
  });
});

describe("a test delivery", () => {
  it("is sent at once and says what came of it", async () => {
    const own = ownApp();
    const { service } = await gateway();
    const receiver = await receivers.start();
    const { id, secret } = await service.create(own, receiver.url, []);
    expect(await service.test(own, id)).toMatchObject({ delivered: true, status: 204, error: null });
    const [first] = await receiver.received();
    expect(new Webhook(secret).verify(first?.body ?? "", { ...first?.headers })).toMatchObject({
      type: "webhook.test",
      app: own,
    });
    await receiver.kill();
    expect(await service.test(own, id)).toMatchObject({ delivered: false, status: null, error: "unreachable" });
    expect((await service.tries(own, id, null, 10))?.items).toMatchObject([{ delivered: false }, { delivered: true }]);
  });
});
