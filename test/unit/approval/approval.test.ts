/** The app's approval over real HTTP: signed, in time, bounded, and with no effect on other apps. */
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, it } from "vitest";
import { createApproval } from "../../../src/approval/index.ts";
import { approvalSecret } from "../../../src/approval/secret.ts";
import type { AppApprovalConfig } from "../../../src/apps/approval-config.ts";
import { type Clock, systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import type { GuardAsk } from "../../../src/verification/guard-port.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { testConfig } from "../../support/test-config.ts";

const hmacKey = "k9Xw2pQz7LmN4vRt8JhB3sDf6GyC1eUa";
const question = {
  ...{ app: "shop", mode: "new", verificationId: "v03f9mUq0cR2kZs7XbT1yWaJd4", to: "+447400123456", country: "GB" },
  ...{ callee: { bucket: "03f9", hash: "x" }, channel: "sms", proves: "phone", contacts: true },
  ...{ planned: ["missed_call", "sms", "voice"], reference: "sign-up 4711", cost: 0.05, client: null },
  ...{ appCode: false, test: false },
} as unknown as GuardAsk;

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
const servers: Server[] = [];
const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A backend on this machine. */
async function backend(answer: (response: ServerResponse, body: string) => void) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += String(part);
    });
    request.on("end", () => {
      received.push({ headers: request.headers, body });
      answer(response, body);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/approve`, received };
}
const json = (answer: unknown) => (response: ServerResponse) =>
  void response.setHeader("content-type", "application/json").end(JSON.stringify(answer));

function approval(
  configs: Record<string, Partial<AppApprovalConfig> & { url: string }>,
  allowPrivate = true,
  clock: Clock = systemClock,
) {
  const whole = Object.fromEntries(
    Object.entries(configs).map(([app, own]) => [
      app,
      { timeout_ms: 300, on_failure: "allow", max_concurrent: 32, secret_version: 1, ...own } as AppApprovalConfig,
    ]),
  );
  const logged: object[] = [];
  const { rule, stop } = createApproval({
    ...{ hmacKey, allowPrivate, clock, random: cryptoRandom },
    approvalOf: (app) => whole[app] ?? null,
    logger: { warn: (about: object) => void logged.push(about) } as never,
  });
  stops.push(stop);
  /** As a reload, or another key of the app by the API, does: the same in another object, but for what is changed. */
  const reload = (app: string, changed: Partial<AppApprovalConfig> = {}) => {
    whole[app] = { ...whole[app], ...changed } as AppApprovalConfig;
  };
  const judge = async (changed: Partial<GuardAsk> = {}) => await rule.judge({ ...question, ...changed });
  return { judge, reload, logged };
}
let ids = 0;
/** Another start. */
const another = (changed: Partial<GuardAsk> = {}) => ({ ...changed, verificationId: `v03f9another${ids++}` });

describe("the question", () => {
  it("says what is to begin, signed as webhooks are", async () => {
    const { url, received } = await backend(json({ action: "allow" }));
    expect(await approval({ shop: { url } }).judge()).toBeNull();
    const [{ headers, body } = { headers: {}, body: "" }] = received;
    const verified = new Webhook(approvalSecret(hmacKey, "shop", 1)).verify(body, headers as Record<string, string>);
    expect(verified).toMatchObject({
      type: "delivery.approval",
      data: {
        ...{ verification: question.verificationId, begins: "start", to: "+447400123456", country: "GB" },
        ...{ channel: "sms", workflow: ["missed_call", "sms", "voice"], cost: 0.05, reference: "sign-up 4711" },
      },
    });
    expect(headers["webhook-id"]).toBe(`apr_${question.verificationId}`);
    expect(() => new Webhook(approvalSecret(hmacKey, "bank", 1)).verify(body, headers as never)).toThrow();
  });

  it("is signed with the secret before too, while it is rotated", async () => {
    const { url, received } = await backend(json({ action: "allow" }));
    await approval({ shop: { url, secret_version: 2 } }).judge();
    const [{ headers, body } = { headers: {}, body: "" }] = received;
    for (const version of [1, 2]) {
      expect(() => new Webhook(approvalSecret(hmacKey, "shop", version)).verify(body, headers as never)).not.toThrow();
    }
  });

  it("is asked once for a start, whichever of its channels is tried; again for a resend; never for steps and tests", async () => {
    const { url, received } = await backend(json({ action: "allow" }));
    const { judge } = approval({ shop: { url } });
    for (const channel of ["missed_call", "sms"]) await judge({ channel });
    expect(received).toHaveLength(1);
    for (let i = 0; i < 2; i++) await judge({ mode: "again", planned: ["sms"] });
    expect(received.map(({ body }) => JSON.parse(body).data.begins)).toEqual(["start", "resend", "resend"]);
    const quiet: Partial<GuardAsk>[] = [{ mode: "step" }, { test: true }, { contacts: false }, { app: "bank" }];
    for (const changed of quiet) expect(await judge(another(changed))).toBeNull();
    expect(received).toHaveLength(3);
  });
});

describe("a question in progress", () => {
  it.each([
    ["with nothing of it changed", {}],
    ["with another time-out", { timeout_ms: 400 }],
  ])("is answered across a reload %s", async (_what, changed) => {
    const waiting: ServerResponse[] = [];
    const { url } = await backend((response) => void waiting.push(response));
    const { judge, reload } = approval({ shop: { url, on_failure: "deny", timeout_ms: 2000 } });
    const first = judge(another());
    await expect.poll(() => waiting.length).toBe(1);
    reload("shop", changed);
    const second = judge(another());
    await expect.poll(() => waiting.length).toBe(2);
    for (const response of waiting) json({ action: "allow" })(response);
    expect([await first, await second]).toEqual([null, null]);
  });
});

it("a start that is sent again later is asked about again: its backend may answer by then", async () => {
  const clock = new ManualClock(Date.now());
  let answer: object = { action: "deny" };
  const { url, received } = await backend((response) => json(answer)(response));
  const { judge } = approval({ shop: { url, on_failure: "deny" } }, true, clock);
  expect(await judge()).toMatchObject({ kind: "deny" });
  answer = { action: "allow" };
  expect(await judge()).toMatchObject({ kind: "deny" });
  clock.advance(10_000);
  expect(await judge()).toBeNull();
  expect(received).toHaveLength(2);
});

describe("the answer", () => {
  it.each([
    [{ action: "allow" }, null],
    [{ action: "allow", workflow: null }, null],
    [
      { action: "allow", workflow: ["voice", "sms"] },
      { kind: "narrow", channels: ["sms", "voice"] },
    ],
    [
      { action: "allow", workflow: ["sms", "email"] },
      { kind: "narrow", channels: ["sms"] },
    ],
    [
      { action: "allow", workflow: ["email"] },
      { kind: "deny", refusal: { code: "delivery_denied" } },
    ],
    [{ action: "allow", workflow: [] }, { kind: "deny" }],
    [{ action: "deny" }, { kind: "deny", refusal: { code: "delivery_denied" }, note: "denied by the app" }],
  ])("%j narrows and never widens", async (answer, verdict) => {
    const { url } = await backend(json(answer));
    const judged = await approval({ shop: { url, on_failure: "deny" } }).judge();
    if (verdict === null) expect(judged).toBeNull();
    else expect(judged).toMatchObject(verdict);
  });
});

describe("no answer that counts", () => {
  const failures: [string, (response: ServerResponse) => void][] = [
    ["none in time", () => undefined],
    ["an answer that ends too late", (response) => void response.write("{")],
    ["an error", (response) => void response.writeHead(500).end()],
    ["a redirect", (response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end()],
    ["another status", (response) => void response.writeHead(204).end()],
    ["no JSON", (response) => void response.end("yes")],
    ["an unknown action", json({ action: "maybe" })],
    ["a workflow of another form", json({ action: "allow", workflow: "sms" })],
    ["a very long answer", json({ action: "allow", padding: "x".repeat(10_000) })],
    ["a broken connection", (response) => void response.destroy()],
  ];
  it.each(failures)("%s: allowed or denied as the app chose, and asked once", async (_what, answer) => {
    const { url, received } = await backend(answer);
    const { judge, logged } = approval({ shop: { url }, bank: { url, on_failure: "deny" } });
    expect(await judge()).toBeNull();
    const refused = await judge(another({ app: "bank" }));
    expect(refused).toMatchObject({ kind: "deny", refusal: { code: "approval_unavailable" } });
    expect(received).toHaveLength(2);
    expect(logged).toMatchObject([{ app: "shop" }, { app: "bank" }]);
    expect(JSON.stringify(logged)).not.toContain("7400123456");
  });

  it("a private address is not asked, unless the operator allows it", async () => {
    const { url, received } = await backend(json({ action: "deny" }));
    const https = url.replace("http:", "https:");
    expect(await approval({ shop: { url: https } }, false).judge()).toBeNull();
    expect(await approval({ shop: { url: https, on_failure: "deny" } }, false).judge()).toMatchObject({ kind: "deny" });
    expect(received).toHaveLength(0);
  });

  it("a backend that is down is not waited for by each start", async () => {
    const { url, received } = await backend(() => undefined);
    const { judge } = approval({ shop: { url, timeout_ms: 100 } });
    for (let i = 0; i < 3; i++) await judge(another());
    const startedMs = performance.now();
    for (let i = 0; i < 20; i++) await judge(another());
    // Two seconds, were each of them to wait.
    expect(performance.now() - startedMs).toBeLessThan(1000);
    expect(received).toHaveLength(3);
  });
});

it("one app's slow backend holds a bounded number of its own starts, and none of another app's", async () => {
  const slow = await backend(() => undefined);
  const quick = await backend(json({ action: "allow" }));
  const { judge } = approval({
    shop: { url: slow.url, timeout_ms: 1500, max_concurrent: 4, on_failure: "deny" },
    bank: { url: quick.url, on_failure: "deny" },
  });
  const held = Array.from({ length: 50 }, () => judge(another()));
  const startedMs = performance.now();
  const others = await Promise.all(Array.from({ length: 20 }, () => judge(another({ app: "bank" }))));
  expect(others.every((verdict) => verdict === null)).toBe(true);
  expect(performance.now() - startedMs).toBeLessThan(1000);
  expect(slow.received.length).toBe(4);
  // The others of its own were answered at once.
  const atOnce = await Promise.race([
    Promise.all(held.slice(4)),
    new Promise((resolve) => setTimeout(resolve, 800, null)),
  ]);
  expect(atOnce).toHaveLength(46);
  await Promise.all(held);
});

describe("the configuration", () => {
  const withApproval = (own: object, more: object = {}) =>
    testConfig({ apps: { shop: { api_keys_sha256: ["ab".repeat(32)], approval: own } }, ...more });
  it.each([
    ["http", { url: "http://shop.example.com/approve" }, /must be https/],
    ["a private address", { url: "https://10.0.0.1/approve" }, /public address/],
    ["more than two seconds", { url: "https://shop.example.com/", timeout_ms: "2001" }, /2000/],
  ])("refuses %s", (_what, own, why) => {
    expect(() => withApproval(own)).toThrow(why);
  });
  it("takes a public address, and a private one where webhooks may be there too", () => {
    expect(withApproval({ url: "https://shop.example.com/approve" }).apps.shop?.approval).toMatchObject({
      ...{ timeout_ms: 1000, on_failure: "allow" },
    });
    const webhooks = { webhooks: { allow_private: "true" } };
    expect(withApproval({ url: "http://10.0.0.1/approve" }, webhooks).apps.shop?.approval).toBeDefined();
  });
});
