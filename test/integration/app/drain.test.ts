/** An operator takes trunks and an Asterisk out of service: two gateways on one Redis, real calls on two carriers. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { type Gateway, gatewayClient, gatewayDocument, startGateway } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import type { SippCarrier } from "../../support/sipp.ts";

const runtime = withRuntime();
const operatorKey = "or_test-key-of-an-operator-of-this-run";
const names = ["carrier", "second"] as const;
let carriers: Record<(typeof names)[number], SippCarrier>;
let gateways: Gateway[] = [];
/** The gateway that the operator talks to, and the one that places the calls. */
let operator: ReturnType<typeof gatewayClient>;
let other: Gateway;
let number = 0;

beforeAll(async () => {
  const redisUrl = (await runtime.redis()).url;
  const carrier = await runtime.carrier({ scenario: "ringing" });
  carriers = { carrier, second: await runtime.carrier({ scenario: "ringing" }) };
  const asterisk = await runtime.asterisk({
    trunks: names.map((name) => ({
      name,
      host: "127.0.0.1",
      port: carriers[name].port,
      transport: "udp" as const,
      qualifySeconds: 0,
    })),
  });
  const trunk = (endpoint: string) => ({ asterisk: "local", endpoint, ranges: ["block"], calls_per_second: "50" });
  const { local } = gatewayDocument({ redisUrl, asterisk }).asterisks as Record<string, Record<string, unknown>>;
  const start = (app: string) =>
    startGateway({
      ...{ redisUrl, asterisk },
      config: {
        asterisks: { local: { ...local, ari_app: app } },
        trunks: { carrier: trunk("carrier"), second: trunk("second") },
        routes: [{ prefix: "+", trunks: [...names] }],
        admin: { api_keys_sha256: [apiKeyHash(operatorKey)] },
        calls: { ring_ms: "2500", setup_limit_ms: "4000", drain_ms: "0" },
      },
    });
  gateways = [await start("one"), await start("two")];
  const [one, two] = gateways;
  if (one === undefined || two === undefined) throw new Error("two gateways were to start");
  operator = gatewayClient(one.url, operatorKey);
  other = two;
  for (const gateway of gateways) await gateway.waitForHttp("/readyz", 200);
});
afterEach(async () => {
  for (const name of names) await operator.post(`/v1/admin/trunks/${name}/undrain`);
  await operator.post("/v1/admin/asterisks/local/undrain");
});
afterAll(() => Promise.all(gateways.map((gateway) => gateway.stop())));

const newCallee = () => `+44740088${String(number++).padStart(4, "0")}`;
const drain = (path: string) => operator.post(`/v1/admin/${path}/drain`, { reason: "new SBC" });
const sentTo = async (carrier: SippCarrier, to: string) =>
  (await carrier.messages()).filter((message) => message.startLine.includes(to)).map((message) => message.method);

describe("a drained trunk", () => {
  it("gets no new call from any gateway at once, and keeps the one that rings", async () => {
    const live = newCallee();
    const { id } = await other.start(live);
    await other.waitForStatus(id, ["ringing"]);

    const drained = await drain("trunks/carrier");
    expect(drained.json).toMatchObject({
      name: "carrier",
      usable: false,
      live_calls: 1,
      out_of_service: { by: "operator", who: `key ${apiKeyHash(operatorKey).slice(0, 8)}`, reason: "new SBC" },
    });
    const later = newCallee();
    const rungElsewhere = await other.start(later);
    await other.waitForStatus(rungElsewhere.id, ["ringing"]);
    expect(await sentTo(carriers.second, later)).toContain("INVITE");
    expect(await sentTo(carriers.carrier, later)).toEqual([]);

    // The live call rings for as long as it would have.
    expect(await other.waitForStatus(id, ["rung"])).toMatchObject({ status: "delivered", reason: "rang" });
    await other.waitForStatus(rungElsewhere.id, ["rung"]);
    // The store has the end of a call a moment before its line is given back.
    await expect
      .poll(async () => (await operator.get("/v1/admin/trunks")).json.trunks)
      .toMatchObject([
        { name: "carrier", live_calls: 0 },
        { name: "second", usable: true, out_of_service: null },
      ]);
  });

  it("is seen in the readiness and the figures of every gateway", async () => {
    await drain("trunks/carrier");
    for (const gateway of gateways) {
      expect((await gateway.get("/readyz")).json.trunks).toEqual([
        { trunk: "carrier", usable: false, reachable: false, why: "out of service: new SBC" },
        expect.objectContaining({ trunk: "second", usable: true }),
      ]);
      const { text } = await gateway.get("/metrics");
      expect(text).toContain('onering_trunk_usable{trunk="carrier"} 0');
      expect(text).toContain('onering_out_of_service{kind="trunk",name="carrier"} 1');
    }
  });

  it("can be drained and put back twice, by another reason too", async () => {
    const before = await drain("trunks/carrier");
    const again = await operator.post("/v1/admin/trunks/carrier/drain", { reason: "another" });
    expect(again.json.out_of_service).toEqual(before.json.out_of_service);
    for (let time = 0; time < 2; time++) {
      const back = await operator.post("/v1/admin/trunks/carrier/undrain");
      expect([back.status, back.json.usable, back.json.out_of_service]).toEqual([200, true, null]);
    }
    const to = newCallee();
    const { id } = await other.start(to);
    await other.waitForStatus(id, ["ringing"]);
    expect(await sentTo(carriers.carrier, to)).toContain("INVITE");
    await other.post(`/v1/verifications/${id}/cancel`);
  });
});

it("a drained Asterisk gets no call on any of its trunks, and with no other nothing can be placed", async () => {
  expect((await drain("asterisks/local")).json).toMatchObject({ name: "local", usable: false });
  const refused = await other.post("/v1/verifications", { to: newCallee() });
  expect([refused.status, refused.json.code]).toEqual([503, "telephony_unavailable"]);
  expect(refused.headers.get("retry-after")).not.toBeNull();
  expect((await other.get("/readyz")).json).toMatchObject({ ready: false, missing: ["trunk"] });
  await operator.post("/v1/admin/asterisks/local/undrain");
  await other.waitForHttp("/readyz", 200);
});

it("keys of apps and of operators open each their own", async () => {
  const asApp = await other.post("/v1/admin/trunks/carrier/drain", { reason: "mischief" });
  expect([asApp.status, asApp.json.code]).toEqual([401, "unauthorized"]);
  const asOperator = await operator.post("/v1/verifications", { to: newCallee() });
  expect([asOperator.status, asOperator.json.code]).toEqual([401, "unauthorized"]);
  expect((await operator.get("/v1/admin/trunks")).json.trunks).toMatchObject([{ out_of_service: null }, {}]);
});
