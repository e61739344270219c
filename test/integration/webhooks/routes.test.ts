/** `/v1/webhooks` over HTTP, with real webhooks on a real Redis behind it. */
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type MemoryWebhookStore, memoryWebhookStore } from "../../support/memory-webhook-store.ts";
import { withRuntime } from "../../support/processes.ts";
import { startWebhooks, storedEvent, type WebhookGateway } from "../../support/webhooks/gateway.ts";
import { type Receiver, withReceivers } from "../../support/webhooks/receiver.ts";
import { ask, otherKey, testServer } from "../../unit/http/support.ts";

const runtime = withRuntime();
const receivers = withReceivers();
let gateway: WebhookGateway;
let store: MemoryWebhookStore;
let receiver: Receiver;

beforeAll(async () => {
  store = memoryWebhookStore();
  gateway = await startWebhooks({ redisUrl: (await runtime.redis()).url, store, config: { endpoints_per_app: 4 } });
  receiver = await receivers.start();
});
afterAll(() => gateway.end());

async function api() {
  const { server, log } = await testServer({ webhooks: { service: gateway.service, urlsMayBePrivate: true } });
  const call = async (method: Parameters<typeof ask>[1], path: string, body?: unknown, headers = {}) => {
    const answer = await ask(server, method, `/v1/webhooks${path}`, body, headers);
    return { status: answer.status, json: answer.text === "" ? null : answer.json() };
  };
  return { call, log };
}

describe("an endpoint", () => {
  it("is registered with a secret that is shown once, changed, and deleted", async () => {
    const { call } = await api();
    const created = await call("POST", "", { url: receiver.url, events: ["verification.ended"] });
    expect(created.status).toBe(201);
    const { id, secret } = created.json;
    expect(created.json).toMatchObject({ url: receiver.url, events: ["verification.ended"], enabled: true });
    expect(secret).toMatch(/^whsec_[\w+/]{43}=$/);
    const { secret: _secret, ...shown } = created.json;
    expect((await call("GET", "")).json).toEqual({ webhooks: [shown] });
    expect((await call("GET", `/${id}`)).json).toEqual(shown);

    const changed = await call("PATCH", `/${id}`, { events: [], enabled: false });
    expect(changed.json).toMatchObject({ events: [], enabled: false, disabled_reason: "app" });
    expect((await call("PATCH", `/${id}`, { enabled: true })).json).toMatchObject({
      enabled: true,
      disabled_reason: null,
    });
    const rotated = await call("POST", `/${id}/rotate-secret`);
    expect(rotated.json.secret).not.toBe(secret);
    expect(Date.parse(rotated.json.previous_secret_until)).toBeGreaterThan(Date.now() + 86_000_000);

    expect(await call("DELETE", `/${id}`)).toEqual({ status: 204, json: null });
    expect((await call("GET", `/${id}`)).status).toBe(404);
    expect(store.rows.size).toBe(0);
  });

  it("of another app is not found by any request", async () => {
    const { call } = await api();
    const { id } = (await call("POST", "", { url: receiver.url })).json;
    const bank = { authorization: `Bearer ${otherKey}` };
    const asked = [
      ["GET", `/${id}`, undefined],
      ["PATCH", `/${id}`, { enabled: false }],
      ["DELETE", `/${id}`, undefined],
      ["POST", `/${id}/rotate-secret`, undefined],
      ["POST", `/${id}/test`, undefined],
      ["GET", `/${id}/deliveries`, undefined],
      ["GET", `/${id}/dead-letters`, undefined],
      ["POST", `/${id}/replay`, { since: "2026-03-01T12:00:00Z" }],
    ] as const;
    for (const [method, path, body] of asked) {
      const answer = await call(method, path, body, bank);
      expect([method, path, answer.status, answer.json?.code]).toEqual([method, path, 404, "invalid_request"]);
    }
    expect((await call("GET", "", undefined, bank)).json).toEqual({ webhooks: [] });
    expect((await call("GET", `/${id}`)).json).toMatchObject({ enabled: true });
    await call("DELETE", `/${id}`);
  });

  it.each([
    ["/hook", "must be an absolute URL"],
    ["ftp://a.example/", "must be http or https, without user name and password"],
    ["https://user:secret@a.example/", "must be http or https, without user name and password"],
    ["https://a.example/#part", "must not have a fragment (#…)"],
    ["http://169.254.169.254/latest/meta-data", "must lead to a public address"],
  ])("with the URL %s is refused: %s", async (url, detail) => {
    const { call } = await api();
    expect(await call("POST", "", { url })).toMatchObject({
      status: 400,
      json: { errors: [{ pointer: "#/url", detail }] },
    });
  });

  it("with a type that does not exist, or one too many, is refused", async () => {
    const { call } = await api();
    expect((await call("POST", "", { url: receiver.url, events: ["verification.finished"] })).status).toBe(400);
    const ids = [];
    for (let i = 0; i < 4; i++) ids.push((await call("POST", "", { url: receiver.url })).json.id);
    expect(await call("POST", "", { url: receiver.url })).toMatchObject({
      status: 400,
      json: { code: "invalid_request" },
    });
    for (const id of ids) await call("DELETE", `/${id}`);
  });
});

describe("deliveries", () => {
  it("are listed newest first with a cursor; the test delivery is one of them and can be verified", async () => {
    const { call, log } = await api();
    const { id, secret } = (await call("POST", "", { url: `${receiver.url}?token=s3cr3t` })).json;
    const before = (await receiver.received()).length;
    await gateway.sink.append([1, 2, 3].map((seq) => storedEvent("shop", "vlist", seq)));
    await vi.waitFor(async () => expect((await receiver.received()).length).toBe(before + 3), { timeout: 10_000 });
    expect((await call("POST", `/${id}/test`)).json).toMatchObject({ delivered: true, status: 204, error: null });
    const last = (await receiver.received()).at(-1);
    expect(new Webhook(secret).verify(last?.body ?? "", { ...last?.headers })).toMatchObject({ type: "webhook.test" });

    const all = async () => (await call("GET", `/${id}/deliveries`)).json.deliveries;
    await vi.waitFor(async () => expect(await all()).toHaveLength(4), { timeout: 10_000 });
    const first = await call("GET", `/${id}/deliveries?limit=3`);
    const rest = await call("GET", `/${id}/deliveries?limit=3&cursor=${first.json.next}`);
    const listed = [...first.json.deliveries, ...rest.json.deliveries];
    expect(rest.json.next).toBeNull();
    const events = listed.map(({ event }: { event: string }) => event.replace(/^evt_test_.*/, "test"));
    expect(events.sort()).toEqual(["evt_vlist_1", "evt_vlist_2", "evt_vlist_3", "test"]);
    expect(listed[0]).toMatchObject({ attempt: 1, delivered: true, status: 204, error: null });
    expect((await call("GET", `/${id}/deliveries?cursor=nonsense`)).status).toBe(400);
    expect(log.join("\n")).not.toContain("s3cr3t");
    await call("DELETE", `/${id}`);
  });

  it("that were given up are listed and replayed, by id or since a time", async () => {
    const { call } = await api();
    const { id } = (await call("POST", "", { url: receiver.url })).json;
    await receiver.behave({ kind: "status", status: 410 });
    await gateway.sink.append([1, 2, 3].map((seq) => storedEvent("shop", "vdead", seq)));
    const dead = async () => (await call("GET", `/${id}/dead-letters`)).json;
    await vi.waitFor(async () => expect((await dead()).dead_letters).toHaveLength(3), { timeout: 10_000 });
    expect((await dead()).dead_letters[0]).toMatchObject({
      event: "evt_vdead_1",
      verification: "vdead",
      reason: "gone",
      attempts: 1,
    });
    expect((await call("GET", `/${id}`)).json).toMatchObject({ enabled: false, disabled_reason: "gone" });
    expect((await call("POST", `/${id}/replay`, { events: ["evt_vdead_2"] })).status).toBe(400);

    await receiver.behave({ kind: "ok" });
    await call("PATCH", `/${id}`, { enabled: true });
    const before = (await receiver.received()).length;
    expect(
      (await call("POST", `/${id}/replay`, { events: ["evt_vdead_2"], since: "2026-03-01T12:00:00Z" })).status,
    ).toBe(400);
    expect(await call("POST", `/${id}/replay`, { events: ["evt_vdead_2", "evt_unknown_1"] })).toEqual({
      status: 202,
      json: { replayed: 1, more: false },
    });
    expect((await call("POST", `/${id}/replay`, { since: "2026-03-01T12:00:00Z" })).json).toEqual({
      replayed: 2,
      more: false,
    });
    await vi.waitFor(async () => expect((await receiver.received()).length).toBe(before + 3), { timeout: 10_000 });
    expect((await dead()).dead_letters).toEqual([]);
    await call("DELETE", `/${id}`);
  });
});
