/** The app's approval decides over real verifications: what is denied is not sent, what is narrowed stays narrow. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { withRuntime } from "../../support/processes.ts";
import { keys, type SubjectGateway, startSubjectGateway } from "../subjects/gateway.ts";

const runtime = withRuntime();
let gateway: SubjectGateway;
let stopRedis = async () => {};
let server: Server;
let answer: unknown = { action: "allow" };
const asked: { data: Record<string, unknown> }[] = [];
let numbers = 10;
const newNumber = () => `+4474001234${numbers++}`;

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += String(part);
    });
    request.on("end", () => {
      asked.push(JSON.parse(body));
      if (answer === null) return;
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const redis = await runtime.redis();
  stopRedis = () => redis.stop();
  const approval = {
    ...{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/approve`, on_failure: "deny" },
    timeout_ms: 500,
  };
  const app = (key: string) => ({ api_keys_sha256: [apiKeyHash(key)], mixed_proofs: true, needs_person: false });
  gateway = await startSubjectGateway(redis.url, "off", {
    apps: { shop: { ...app(keys.shop), approval }, bank: app(keys.bank) },
  });
});
afterAll(async () => {
  await gateway.stop();
  server.closeAllConnections();
  server.close();
  await stopRedis();
});
beforeEach(() => {
  asked.length = 0;
  answer = { action: "allow" };
});

const start = (body: object, who: "shop" | "bank" = "shop") => gateway.ask(who, "POST", "/v1/verifications", body);
const read = async (id: unknown) => (await gateway.ask("shop", "GET", `/v1/verifications/${id}`)).json;
const workflow = [
  { channel: "memory", wait_seconds: 60 },
  { channel: "second", wait_seconds: 60 },
  { channel: "letter", to: "a@example.com" },
];

it("an allowed start goes on; what is asked says what is to begin", async () => {
  const to = newNumber();
  const { status, json } = await start({ to, workflow, reference: "r-1" });
  expect(status).toBe(201);
  expect(asked).toMatchObject([
    {
      data: { verification: json.id, begins: "start", to, workflow: ["memory", "second", "letter"], reference: "r-1" },
    },
  ]);
});

it("a denied start sends nothing, and says no more than other denials", async () => {
  answer = { action: "deny" };
  const before = gateway.provider.sent.length;
  const { status, json } = await start({ to: newNumber(), channel: "memory" });
  expect([status, json.code, json.detail]).toEqual([
    ...[403, "delivery_denied", "A delivery to this recipient is not permitted."],
  ]);
  expect(gateway.provider.sent).toHaveLength(before);
  expect(asked).toHaveLength(1);
  expect((await start({ to: newNumber(), channel: "memory" }, "bank")).status).toBe(201);
});

it("a narrowed start skips what is not permitted, also when its turn comes later; asked once", async () => {
  answer = { action: "allow", workflow: ["second"] };
  const [first, second] = [gateway.provider.sent.length, gateway.second.sent.length];
  const { status, json } = await start({ to: newNumber(), workflow });
  expect([status, json.channel]).toEqual([201, "second"]);
  expect(asked).toHaveLength(1);
  await expect.poll(() => gateway.second.sent.length).toBe(second + 1);
  await gateway.second.receipt({ state: "failed", reason: "not_reachable" });
  // Without the narrowing the letter would follow.
  await expect.poll(async () => (await read(json.id)).status).toBe("undeliverable");
  expect(gateway.provider.sent).toHaveLength(first);
});

it("a resend is asked for too: a page cannot choose what the app would not have", async () => {
  const { json } = await start({ to: newNumber(), channel: "memory" });
  await expect.poll(async () => (await read(json.id)).status).toBe("delivered");
  answer = { action: "deny" };
  const again = await gateway.ask("shop", "POST", `/v1/verifications/${json.id}/resend`, { channel: "second" });
  expect([again.status, again.json.code]).toEqual([403, "delivery_denied"]);
  expect(asked.map(({ data }) => [data.begins, data.channel])).toEqual([
    ["start", "memory"],
    ["resend", "second"],
  ]);
});

it("without an answer a start is refused where the app chose so, in time and to be tried again", async () => {
  answer = null;
  const startedMs = performance.now();
  const { status, json } = await start({ to: newNumber(), channel: "memory" });
  expect([status, json.code]).toEqual([503, "approval_unavailable"]);
  expect(performance.now() - startedMs).toBeLessThan(3000);
  expect(gateway.log()).toContain("approval webhook did not answer");
});
