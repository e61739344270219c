/** What the gateway depends on goes away and comes back: it says so, harms nobody, and recovers by itself. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import { type Gateway, startGateway } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import type { SippCarrier } from "../../support/sipp.ts";
import { within } from "../../support/within.ts";

const runtime = withRuntime();
let redis: RedisServer;
let carrier: SippCarrier;
let asterisk: AsteriskServer;
let gateway: Gateway;
let nextCallee = 0;
const callee = () => `+44740055${String(nextCallee++).padStart(4, "0")}`;

const invites = async () => (await carrier.messages()).filter((message) => message.method === "INVITE");
const codeOf = async (to: string) => {
  const [invite] = (await invites()).filter((message) => message.startLine.includes(to));
  return /(\d{4})@/.exec(invite?.header("from")[0] ?? "")?.[1] ?? "";
};

/** The main job, whole: start, ring, check. */
async function verify(): Promise<void> {
  const to = callee();
  const { id } = await gateway.start(to);
  await gateway.waitForStatus(id, ["ringing", "rung"]);
  const answer = await gateway.post(`/v1/verifications/${id}/check`, { code: await codeOf(to) });
  expect(answer.json).toMatchObject({ status: "verified", valid: true });
}

beforeAll(async () => {
  redis = await runtime.redis();
  // Slow to ring, so that a call can be met before it does.
  carrier = await runtime.carrier({ scenario: "ringing", pauseMs: 1500 });
  const trunk = { name: "carrier", host: "127.0.0.1", port: carrier.port, transport: "udp" } as const;
  asterisk = await runtime.asterisk({ trunks: [{ ...trunk, qualifySeconds: 1 }] });
  gateway = await startGateway({
    redisUrl: redis.url,
    asterisk,
    config: { calls: { ring_ms: "4000", setup_limit_ms: "4000" }, redis: { command_timeout_ms: "800" } },
  });
  await gateway.waitForHttp("/readyz", 200);
});
afterAll(() => gateway.stop());

describe("Redis stopped", () => {
  test("503 store_unavailable within 1 s, nothing placed, no check passes; back: works again by itself", async () => {
    const to = callee();
    const { id } = await gateway.start(to);
    await gateway.waitForStatus(id, ["ringing", "rung"]);
    const code = await codeOf(to);
    const placedBefore = (await invites()).length;

    await redis.stop();
    for (const ask of [
      () => gateway.post("/v1/verifications", { to: callee() }),
      () => gateway.post(`/v1/verifications/${id}/check`, { code }),
      () => gateway.get(`/v1/verifications/${id}`),
    ]) {
      const answer = await within(1000, ask());
      expect(answer.status).toBe(503);
      expect(answer.json.code).toBe("store_unavailable");
      expect(answer.headers.get("retry-after")).not.toBeNull();
    }
    expect((await gateway.get("/readyz")).json).toMatchObject({ ready: false, missing: ["redis"] });
    expect((await invites()).length).toBe(placedBefore);

    redis = await runtime.redis({ port: redis.port });
    await gateway.waitForHttp("/readyz", 200);
    await verify();
  });
});

describe("Asterisk killed", () => {
  test("/readyz tells, calls under way end as interrupted, starts are refused; restarted: works again by itself", async () => {
    const ringing = await gateway.start(callee());
    await gateway.waitForStatus(ringing.id, ["ringing"]);
    const calling = await gateway.start(callee());
    await gateway.waitForStatus(calling.id, ["calling"]);

    await asterisk.kill();
    expect((await gateway.waitForHttp("/readyz", 503)).json).toMatchObject({ ready: false, missing: ["trunk"] });
    const refused = await gateway.post("/v1/verifications", { to: callee() });
    expect(refused.status).toBe(503);
    expect(refused.json.code).toBe("telephony_unavailable");

    await asterisk.restart();
    await gateway.waitForHttp("/readyz", 200);
    // It had rung: the person may know the digits, so they can still be typed.
    expect(await gateway.waitForStatus(ringing.id, ["rung"])).toMatchObject({ reason: "interrupted" });
    const unseen = await gateway.waitForStatus(calling.id, ["undeliverable"]);
    expect(unseen).toMatchObject({ reason: "interrupted" });
    await verify();
  });
});
