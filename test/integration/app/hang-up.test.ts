/** Two gateways on one Redis: what ends a verification at one of them ends the call that the other one placed. */
import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../../src/local/process/free-port.ts";
import { type Gateway, gatewayDocument, startGateway, trunkName } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import type { SippCarrier } from "../../support/sipp.ts";

const runtime = withRuntime();
/** Far above what a busy machine takes to hang up, which is what is measured. */
const ringMs = 20_000;
const withinMs = 5000;
const drivers = ["ari-websocket", "sip"] as const;
let redisUrl: string;
let number = 0;

beforeAll(async () => {
  redisUrl = (await runtime.redis()).url;
});

const newCallee = () => `+44740066${String(number++).padStart(4, "0")}`;

describe.each(drivers)("over %s", (driver) => {
  let sipp: SippCarrier;
  let gateways: Gateway[] = [];
  let placing: Gateway;
  let other: Gateway;

  beforeAll(async () => {
    sipp = await runtime.carrier({ scenario: "ringing" });
    const secrets = { hmac_key: randomBytes(32).toString("hex") };
    const shared = {
      secrets,
      calls: { ring_ms: String(ringMs), setup_limit_ms: "20000", drain_ms: "0" },
      verification: { start_gap_seconds: "0" },
    };
    const start = driver === "sip" ? await overSip(sipp, shared) : await overAsterisk(sipp, shared);
    gateways = [await start("one"), await start("two")];
    [placing, other] = gateways as [Gateway, Gateway];
    for (const gateway of gateways) await gateway.waitForHttp("/readyz", 200);
  });
  afterAll(() => Promise.all(gateways.map((gateway) => gateway.stop())));

  const requests = async (method: string, to: string) =>
    (await sipp.messages()).filter((one) => one.method === method && one.startLine.includes(to));
  /** A call that rings, as the other gateway sees it. */
  async function ring() {
    const to = newCallee();
    const { id } = await placing.start(to);
    await other.waitForStatus(id, ["ringing"]);
    const [from = ""] = (await requests("INVITE", to))[0]?.header("From") ?? [];
    return { to, id, code: /\d{4}(?=@)/.exec(from)?.[0] ?? "" };
  }
  /** @returns from now to the carrier's CANCEL, ms */
  async function hungUp(to: string, act: () => Promise<unknown>): Promise<number> {
    const atMs = Date.now();
    await act();
    const isCancel = ({ method, startLine }: { method: string; startLine: string }) =>
      method === "CANCEL" && startLine.includes(to);
    const all = await sipp.waitFor((messages) => messages.some(isCancel), withinMs);
    return (all.find(isCancel)?.atMs ?? Number.POSITIVE_INFINITY) - atMs;
  }
  /** The verification once its call has ended, without what differs from call to call. */
  async function ended(id: string) {
    let last: Record<string, unknown> = {};
    const attempt = async () => {
      last = (await other.get(`/v1/verifications/${id}`)).json;
      return (last.delivery as { missed_call: { attempt: unknown } }).missed_call.attempt;
    };
    await expect.poll(attempt, { timeout: withinMs }).not.toBeNull();
    const { status, reason, delivery } = last as { status: string; reason: string; delivery: Record<string, unknown> };
    const { caller_id: _, ...course } = delivery.missed_call as {
      caller_id: unknown;
      attempt: Record<string, unknown>;
    };
    const { post_dial_delay_ms, ring_ms, ...evidence } = course.attempt;
    expect([typeof post_dial_delay_ms, typeof ring_ms]).toEqual(["number", "number"]);
    expect(ring_ms).toBeLessThan(ringMs);
    return { status, reason, state: delivery.state, ...course, attempt: evidence };
  }

  it("a cancel at the other gateway hangs up at once, as one at the gateway that placed the call", async () => {
    const [near, far] = [await ring(), await ring()];
    await hungUp(near.to, () => placing.post(`/v1/verifications/${near.id}/cancel`));
    const tookMs = await hungUp(far.to, () => other.post(`/v1/verifications/${far.id}/cancel`));
    expect(tookMs).toBeLessThan(withinMs);
    expect(await requests("CANCEL", far.to)).toHaveLength(1);
    const [expected, found] = [await ended(near.id), await ended(far.id)];
    expect(found).toEqual(expected);
    expect(found).toMatchObject({ status: "canceled", state: "rung", reason: "canceled" });
    expect(found.attempt).toMatchObject({ outcome: "canceled", alerted: true, ended_by: "us" });
  });

  it("a right code at the other gateway stops the phone, and so does the last wrong one", async () => {
    const [right, wrong] = [await ring(), await ring()];
    const check = (id: string, code: string) => other.post(`/v1/verifications/${id}/check`, { code });
    const tookMs = await hungUp(right.to, async () => {
      expect((await check(right.id, right.code)).json).toMatchObject({ valid: true, status: "verified" });
    });
    expect(tookMs).toBeLessThan(withinMs);
    const notIt = `${(Number(wrong.code[0]) + 1) % 10}${wrong.code.slice(1)}`;
    for (let left = 2; left > 0; left--) expect((await check(wrong.id, notIt)).json.checks_left).toBe(left);
    expect(await requests("CANCEL", wrong.to)).toEqual([]);
    await hungUp(wrong.to, () => check(wrong.id, notIt));
    expect(await ended(right.id)).toMatchObject({ status: "verified", reason: "canceled" });
    expect(await ended(wrong.id)).toMatchObject({ status: "failed", reason: "canceled" });
  });
});

describe("a request for an earlier call of the verification", () => {
  const shortMs = 1500;

  it("does not end the new call, which the gateway that was asked for the resend placed", async () => {
    const sipp = await runtime.carrier({ scenario: "ringing" });
    const admin = new Redis(redisUrl);
    const channels = async () => (await admin.pubsub("CHANNELS", "onering:hang-ups:*")) as string[];
    const start = await overSip(sipp, {
      calls: { ring_ms: String(shortMs), setup_limit_ms: "20000", drain_ms: "0" },
      verification: { start_gap_seconds: "0" },
    });
    const [placing, other] = [await start(), await start()];
    try {
      for (const gateway of [placing, other]) await gateway.waitForHttp("/readyz", 200);
      const { id } = await placing.start(newCallee());
      await placing.waitForStatus(id, ["rung"]);
      expect((await other.post(`/v1/verifications/${id}/resend`)).status).toBe(200);
      await placing.waitForStatus(id, ["ringing"]);
      const all = await channels();
      expect(all).toHaveLength(2);
      for (const channel of all) expect(await admin.publish(channel, `${id}-1`)).toBe(1);
      const { delivery } = await placing.waitForStatus(id, ["rung"]);
      const { attempt } = (delivery as { missed_call: { attempt: Record<string, unknown> } }).missed_call;
      expect(attempt).toMatchObject({ outcome: "rang", ended_by: "us" });
      expect(attempt.ring_ms).toBeGreaterThan(shortMs - 100);
    } finally {
      admin.disconnect();
      await Promise.all([placing.stop(), other.stop()]);
    }
  });
});

type Shared = Record<string, Record<string, unknown>>;

/** Gateways on one Asterisk, each with an application of its own. */
async function overAsterisk(sipp: SippCarrier, shared: Shared) {
  const trunk = { name: trunkName, host: "127.0.0.1", port: sipp.port, transport: "udp", qualifySeconds: 0 } as const;
  const asterisk = await runtime.asterisk({ trunks: [trunk] });
  const { local } = gatewayDocument({ redisUrl, asterisk }).asterisks as Record<string, Record<string, unknown>>;
  return (app: string) =>
    startGateway({ redisUrl, asterisk, config: { ...shared, asterisks: { local: { ...local, ari_app: app } } } });
}

/** Gateways that speak SIP themselves. */
async function overSip(sipp: SippCarrier, shared: Shared) {
  const sip = { host: "127.0.0.1", port: sipp.port, transport: "udp", qualify_seconds: 0 };
  return async () =>
    startGateway({
      redisUrl,
      config: {
        ...shared,
        sip: { host: "127.0.0.1", udp_port: await freePort("udp"), end_wait_ms: 1000 },
        trunks: { [trunkName]: { ranges: ["block"], sip } },
      },
    });
}
