/** Gateways ask each other to hang up, over a real Redis. */
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { HangUps } from "../../../src/channels/calls/hang-ups-port.ts";
import { createStore } from "../../../src/redis/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis, type TestRedis } from "../../support/redis.ts";
import { careSettings } from "../verification/world.ts";

const runtime = withRuntime();
const callId = "v0000abcdefghijklmnopqrstuv-1";
const laterCallId = callId.replace(/1$/, "2");
let redis: TestRedis;
let admin: Redis;
const opened: (() => Promise<void>)[] = [];

beforeAll(async () => {
  redis = await runtime.redis();
  admin = new Redis(redis.url);
});
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});
afterAll(() => admin.disconnect());

/** A gateway's part of it, and what it was asked for. */
async function gateway(url = redis.url): Promise<{ hangUps: HangUps; asked: string[]; log: string[] }> {
  const log: string[] = [];
  const store = createStore({
    ...{ redis: patientRedis(url), reputation: careSettings, clock: systemClock },
    logger: pino({ level: "warn" }, { write: (line: string) => void log.push(line) }),
  });
  opened.push(() => store.close());
  await store.firstTried();
  const asked: string[] = [];
  await store.hangUps.listen((id) => void asked.push(id));
  return { hangUps: store.hangUps, asked, log };
}

it("the one that is asked gets the call's id, and no other one does", async () => {
  const [one, two, three] = [await gateway(), await gateway(), await gateway()];
  one.hangUps.ask(two.hangUps.gateway, callId);
  await expect.poll(() => two.asked).toEqual([callId]);
  two.hangUps.ask(one.hangUps.gateway, laterCallId);
  await expect.poll(() => one.asked).toEqual([laterCallId]);
  expect(one.hangUps.counts).toEqual({ asked: { sent: 1, unheard: 0, failed: 0 }, received: 1 });
  expect([two.asked, three.asked]).toEqual([[callId], []]);
});

it("what is no id of a call is ignored, and one who is not there is asked in vain", async () => {
  const [one, two] = [await gateway(), await gateway()];
  const channel = `onering:hang-ups:${two.hangUps.gateway}`;
  for (const text of ["", "v1-1", callId.slice(0, -2), `${callId}0000000`, `{"call":"${callId}"}`]) {
    expect(await admin.publish(channel, text)).toBe(1);
  }
  one.hangUps.ask("nobody12", callId);
  one.hangUps.ask(two.hangUps.gateway, laterCallId);
  await expect.poll(() => two.asked).toEqual([laterCallId]);
  expect(one.hangUps.counts.asked).toEqual({ sent: 1, unheard: 1, failed: 0 });
  expect(two.hangUps.counts.received).toBe(1);
});

it("keeps no key, and Redis has no channel of a gateway that stopped", async () => {
  await admin.flushall();
  const { hangUps } = await gateway();
  const channels = () => admin.pubsub("CHANNELS", "onering:*");
  expect(await channels()).toEqual([`onering:hang-ups:${hangUps.gateway}`]);
  expect(await admin.keys("*hang*")).toEqual([]);
  await opened.pop()?.();
  await expect.poll(channels).toEqual([]);
});

it("a connection that broke is replaced within a second or so", async () => {
  const [one, two] = [await gateway(), await gateway()];
  await admin.call("CLIENT", "KILL", "TYPE", "pubsub");
  const channel = `onering:hang-ups:${two.hangUps.gateway}`;
  await expect.poll(async () => (await admin.pubsub("NUMSUB", channel))[1], { timeout: 5000 }).toBe(1);
  one.hangUps.ask(two.hangUps.gateway, callId);
  await expect.poll(() => two.asked).toEqual([callId]);
});

it("without the right to channels it is logged once, and works as soon as there is one", async () => {
  await admin.acl("SETUSER", "narrow", "on", ">secret-of-narrow", "~*", "+@all", "resetchannels");
  const url = redis.url.replace("redis://", "redis://narrow:secret-of-narrow@");
  const [one, two] = [await gateway(url), await gateway(url)];
  for (let time = 0; time < 3; time++) one.hangUps.ask(two.hangUps.gateway, callId);
  await expect.poll(() => [one.log.length, two.log.length]).toEqual([1, 1]);
  expect(one.log[0]).toMatch(/NOPERM.*gateways cannot ask each other to hang up/);
  expect(one.log[0]).not.toContain(callId);
  await expect.poll(() => one.hangUps.counts.asked.failed).toBe(3);
  await admin.acl("SETUSER", "narrow", "&onering:*");
  await expect
    .poll(
      () => {
        one.hangUps.ask(two.hangUps.gateway, laterCallId);
        return two.asked.length;
      },
      { timeout: 5000 },
    )
    .toBeGreaterThan(0);
  expect(new Set(two.asked)).toEqual(new Set([laterCallId]));
});
