/** Gateways that speak SIP themselves, killed or frozen while a phone rings: another one cancels. Needs `npm run build`. */

import { Redis } from "ioredis";
import { afterAll, describe, expect, it } from "vitest";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { temporaryFolder } from "../../chaos/programs/folder.ts";
import { type GatewayProcess, startGatewayProcess } from "../../chaos/programs/gateway-process.ts";
import { gatewayClient, gatewayDocument, trunkName } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { type SippCarrier, startSipp } from "../../support/sipp.ts";
import type { SipMessage } from "../../support/sipp-log.ts";

const runtime = withRuntime();
const stops: (() => unknown)[] = [];
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

/** Each form waits for real limits, some 8 s. */
const wide = process.env.SIP_TAKEOVER === "wide";
const callee = "+447400123456";
/** 5 s, and where a busy machine kept all gateways from their beats for 2 s, nobody counts as dead for 2 s more. */
const withinMs = 9000;
/** With the start of a process. */
const restartedWithinMs = 12_000;

async function start(count: number, transport: "udp" | "tcp", env: Record<string, string> = {}) {
  const { url: redisUrl } = await runtime.redis();
  const redis = new Redis(redisUrl);
  const sipp = await startSipp({ scenario: "ringing", transport });
  const folder = await temporaryFolder();
  const document = gatewayDocument({
    redisUrl,
    // There is none.
    asterisk: { ari: {}, ami: {} } as AsteriskServer,
    config: { calls: { ring_ms: "5000", setup_limit_ms: "20000" } },
  });
  const gateways: GatewayProcess[] = [];
  for (let number = 0; number < count; number++) {
    const [udpPort, tcpPort] = [await freePort("udp"), await freePort("tcp")];
    const own = {
      asterisks: {},
      sip: { host: "127.0.0.1", udp_port: udpPort, tcp_port: tcpPort, end_wait_ms: 1000 },
      trunks: {
        [trunkName]: { ranges: ["block"], sip: { host: "127.0.0.1", port: sipp.port, transport, qualify_seconds: 0 } },
      },
    };
    const gateway = await startGatewayProcess({
      name: `g${number}`,
      dir: folder.dir,
      document: { ...document, ...own },
      env,
    });
    gateways.push(gateway);
  }
  stops.push(
    folder.stop,
    () => redis.disconnect(),
    () => sipp.stop(),
    ...gateways.map((gateway) => gateway.stop),
  );
  await Promise.all(gateways.map((gateway) => gateway.ready()));
  const [first, second = first] = gateways as [GatewayProcess, GatewayProcess?];
  return { redis, sipp, first, second };
}

/** Starts a verification. @returns its id, once the phone rings and the call is known to all gateways */
async function ring(gateway: GatewayProcess, sipp: SippCarrier, redis: Redis, to = callee): Promise<string> {
  const before = (await sipp.messages()).filter((message) => message.status === 180).length;
  const { status, json, text } = await gatewayClient(gateway.url).post("/v1/verifications", { to });
  expect([status, text.slice(0, 300)]).toEqual([201, expect.anything()]);
  await sipp.waitFor((messages) => messages.filter((message) => message.status === 180).length > before);
  await expect.poll(() => redis.keys("{o*}:invites")).toHaveLength(1);
  return String(json.id);
}

const branchOf = (text: string) => /branch=([^;\s]+)/.exec(text)?.[1];

/** Waits for the CANCEL of the newest INVITE. @returns how many INVITEs there were, and branches of CANCELs */
async function cancelWithin(sipp: SippCarrier, calls: number, sinceMs: number, ms: number) {
  const of = (all: readonly SipMessage[], method: string) =>
    all.filter(({ startLine, direction }) => direction === "received" && startLine.startsWith(method));
  const branches = (all: readonly SipMessage[]) => new Set(of(all, "CANCEL").map(({ text }) => branchOf(text)));
  const messages = await sipp.waitFor((all) => branches(all).size === calls, ms + 2000);
  expect(performance.now() - sinceMs).toBeLessThan(ms);
  const [invite, cancel] = [of(messages, "INVITE").at(-1)?.text ?? "", of(messages, "CANCEL").at(-1)?.text ?? ""];
  expect(branchOf(cancel)).toBe(branchOf(invite));
  for (const header of ["From", "To", "Call-ID"]) {
    const line = new RegExp(`^${header}: .*$`, "m");
    expect(line.exec(cancel)?.[0]).toBe(line.exec(invite)?.[0]);
  }
  expect(new Set(of(messages, "INVITE").map(({ text }) => branchOf(text))).size).toBe(calls);
}

/** No number of the call, in anything that is kept for other gateways or logged. */
async function expectSealed(redis: Redis, ...gateways: GatewayProcess[]): Promise<void> {
  const kept = JSON.stringify(await redisContents(redis, "{o*"));
  expect(kept).not.toMatch(/447400123456|44770090|127\.0\.0\.1/);
  for (const gateway of gateways) expect(gateway.log()).not.toMatch(/447400123456|44770090\d{4}/);
}

const dieAtInvite = { NODE_OPTIONS: `--import=${new URL("../../support/die-at-invite.ts", import.meta.url)}` };

describe("a call whose gateway is killed as its INVITE leaves", () => {
  it.each(wide ? (["udp", "tcp"] as const) : (["udp"] as const))(
    "over %s is known to the others",
    {
      timeout: 60_000,
    },
    async (transport) => {
      const { redis, sipp, first } = await start(1, transport, dieAtInvite);
      await gatewayClient(first.url)
        .post("/v1/verifications", { to: callee })
        .catch(() => undefined);
      await expect.poll(() => first.isUp, { timeout: 5000 }).toBe(false);
      await sipp.waitFor((messages) => messages.some(({ startLine }) => startLine.startsWith("INVITE ")));
      const [key = ""] = await redis.keys("{o*}:invites");
      expect(await redis.hlen(key)).toBe(1);
      await expectSealed(redis, first);
      if (!wide) return;
      const killedAtMs = performance.now();
      await first.restart();
      await cancelWithin(sipp, 1, killedAtMs, restartedWithinMs);
    },
  );
});

describe("a phone that rings for a gateway", () => {
  it("that is killed is canceled by another one", {
    timeout: 60_000,
  }, async () => {
    const { redis, sipp, first, second } = await start(2, "udp");
    await ring(first, sipp, redis);
    await expectSealed(redis, first);
    await first.kill();
    await cancelWithin(sipp, 1, performance.now(), withinMs);
    await expect.poll(() => redis.keys("{o*"), { timeout: 5000 }).toEqual([]);
    await expect.poll(() => redis.zcard("{gateways}:beats")).toBe(1);
    await expect.poll(() => second.log()).toContain('"calls":1');
  });

  // A skipped test would look like one that cannot run here.
  if (!wide) return;

  it("that is frozen is canceled by another one, and ends as one that rang when it wakes", {
    timeout: 60_000,
  }, async () => {
    const { redis, sipp, first, second } = await start(2, "udp");
    const id = await ring(second, sipp, redis);
    process.kill(second.pid, "SIGSTOP");
    try {
      await cancelWithin(sipp, 1, performance.now(), withinMs);
      await expect.poll(() => redis.keys("{o*"), { timeout: 5000 }).toEqual([]);
    } finally {
      process.kill(second.pid, "SIGCONT");
    }
    // Awake, it ends the call, and calls nobody again.
    const client = gatewayClient(second.url);
    const stateOf = async () => (await client.get(`/v1/verifications/${id}`)).json.status;
    await expect.poll(stateOf, { timeout: 10_000 }).toBe("delivered");
    await cancelWithin(sipp, 1, performance.now(), withinMs);
    await expect.poll(() => redis.zcard("{gateways}:beats")).toBe(2);
    await expect.poll(() => redis.keys("{o*")).toEqual([]);
    await expectSealed(redis, first, second);
  });

  it("that is killed alone is canceled by the same one when it starts again, over a new connection", {
    timeout: 60_000,
  }, async () => {
    const { redis, sipp, first } = await start(1, "tcp");
    await ring(first, sipp, redis);
    await first.kill();
    const killedAtMs = performance.now();
    await first.restart();
    await cancelWithin(sipp, 1, killedAtMs, restartedWithinMs);
    await expect.poll(() => redis.keys("{o*"), { timeout: 5000 }).toEqual([]);
    await expectSealed(redis, first);
  });
});
