/** Whole calls of the driver through Kamailio as the carrier's proxy: it challenges each INVITE, and relays it to SIPp. */
import { createSecretKey, randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { runtimeDir } from "../../../src/local/fetch/paths.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { systemClock as clock } from "../../../src/shared/clock.ts";
import { cryptoRandom as random } from "../../../src/shared/random.ts";
import type { CallEvent } from "../../../src/telephony/call-control/port.ts";
import { createSipTrunks } from "../../../src/telephony/sip-trunks/index.ts";
import { withAuthorities } from "../../support/authority.ts";
import { ensureKamailio, type KamailioProgram } from "../../support/fetch/kamailio.ts";
import { type Kamailio, type KamailioOptions, startKamailio } from "../../support/kamailio.ts";
import { type SippOptions, startSipp } from "../../support/sipp.ts";
import { testConfig } from "../../support/test-config.ts";

const newAuthority = withAuthorities();
const account = { username: "alice", password: "s3cret-word" };
const [callee, callerId] = ["+447700900123", "+12025550147"];

const ringing = fileURLToPath(new URL("../../support/sipp/ringing-behind-proxy.xml", import.meta.url));
let program: KamailioProgram;
beforeAll(async () => {
  program = await ensureKamailio(runtimeDir, () => undefined);
});
const running: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
});

interface World {
  readonly scenario?: SippOptions["scenario"];
  readonly keys?: Record<string, string>;
  readonly kamailio?: Partial<KamailioOptions>;
  /** Of the trunk's own section. */
  readonly trunk?: object;
}

async function worldOf({ scenario = ringing, keys, kamailio: own, trunk }: World = {}) {
  const carrier = await startSipp({ scenario, ...(keys === undefined ? {} : { keys }) });
  running.push(carrier);
  const options = { ...account, realm: "carrier.test", algorithm: "SHA-256" as const, ...own };
  const kamailio: Kamailio = await startKamailio(program, { ...options, carrier: `sip:127.0.0.1:${carrier.port}` });
  running.push(kamailio);
  const [udpPort, tcpPort] = [await freePort("udp"), await freePort("tcp")];
  const { sip, trunks } = testConfig({
    sip: { host: "127.0.0.1", udp_port: udpPort, tcp_port: tcpPort },
    trunks: {
      carrier: {
        sip: {
          ...{ host: "127.0.0.1", port: own?.tls === undefined ? kamailio.port : kamailio.tlsPort },
          ...{ transport: own?.tls === undefined ? "tcp" : "tls", qualify_seconds: 0, ...account, ...trunk },
        },
        ranges: ["block"],
      },
    },
    routes: [{ prefix: "+", trunks: ["carrier"] }],
  });
  if (sip === undefined) throw new Error("no section");
  const logged: string[] = [];
  const logger = pino({ level: "trace" }, { write: (line: string) => logged.push(line) });
  const tagKey = createSecretKey(randomBytes(32));
  const { control, health } = createSipTrunks({ config: { sip, trunks }, tagKey, clock, random, logger });
  const events: CallEvent[] = [];
  control.onEvent((event) => events.push(event));
  await control.start();
  running.push(control);

  const of = (callId: string) => events.filter((event) => event.callId === callId);
  const types = (callId: string) => of(callId).map(({ type }) => type);
  async function ended(callId: string) {
    await expect.poll(() => types(callId), { interval: 10 }).toContain("ended");
    const event = of(callId).at(-1);
    if (event?.type !== "ended") throw new Error("something came after the end");
    return event;
  }
  const place = (callId: string) =>
    control.originate({ callId, endpoint: "carrier", callee, callerId, failSafeSeconds: 30 });
  /** One missed call. */
  async function ring(callId: string) {
    await place(callId);
    await expect.poll(() => types(callId), { interval: 10 }).toContain("alerting");
    await control.hangup(callId);
    return ended(callId);
  }
  const invites = async () => (await carrier.messages()).filter(({ method }) => method === "INVITE");
  const challenges = () => kamailio.lines().filter((line) => line.startsWith("INVITE challenged")).length;
  return { carrier, kamailio, control, health, types, ended, place, ring, invites, challenges, logged };
}

describe("a missed call", () => {
  test.each([
    ["udp", "MD5"],
    ["tcp", "SHA-256"],
  ] as const)("over %s with %s: challenged once, and the next ones not at all", async (transport, algorithm) => {
    const world = await worldOf({ trunk: { transport }, kamailio: { algorithm } });
    const first = await world.ring("call-1");
    expect(first).toMatchObject({ sipStatus: 487, evidence: { over: true, forked: false } });
    expect(world.types("call-1")).toEqual(["alerting", "ended"]);
    expect(await world.ring("call-2")).toMatchObject({ sipStatus: 487, evidence: { over: true } });
    expect(world.challenges()).toBe(1);
    const invites = await world.invites();
    expect(invites).toHaveLength(2);
    for (const invite of invites) {
      expect(invite.startLine).toMatch(new RegExp(`^INVITE sip:\\${callee}@`));
      expect(invite.header("From")[0]).toContain(`sip:${callerId}@`);
      expect(invite.header("Proxy-Authorization")).toEqual([]);
    }
    expect(world.logged.join("")).not.toContain(account.password);
  });

  test("fifty at a time: each rings, each ends by its CANCEL", async () => {
    const world = await worldOf();
    const ids = Array.from({ length: 50 }, (_, at) => `call-${at}`);
    const endings = await Promise.all(ids.map((id) => world.ring(id)));
    expect(endings.every(({ sipStatus, evidence }) => sipStatus === 487 && evidence?.over === true)).toBe(true);
    expect(await world.invites()).toHaveLength(50);
  });

  test("of a proxy whose nonces sign one request: each call is challenged, and rings", async () => {
    const world = await worldOf({ kamailio: { oneTimeNonces: true } });
    for (const id of ["call-1", "call-2", "call-3"]) expect((await world.ring(id)).sipStatus).toBe(487);
    expect(world.challenges()).toBe(3);
    expect(await world.invites()).toHaveLength(3);
  });

  test("after the proxy's nonces went stale: challenged again, and it rings once", async () => {
    const world = await worldOf({ kamailio: { nonceSeconds: 1 } });
    let calls = 0;
    // The proxy's own clock decides, in whole seconds.
    const challengesAfterOneMore = async () => {
      calls++;
      expect((await world.ring(`call-${calls}`)).sipStatus).toBe(487);
      return world.challenges();
    };
    await expect.poll(challengesAfterOneMore, { interval: 500 }).toBeGreaterThan(1);
    expect(await world.invites()).toHaveLength(calls);
  });
});

describe("other endings", () => {
  test("a final of the phone comes through as it is", async () => {
    const world = await worldOf({ scenario: "final", keys: { status: "486 Busy Here", header: "X-Any: 1" } });
    await world.place("call-1");
    expect(await world.ended("call-1")).toMatchObject({ sipStatus: 486, evidence: { over: true } });
  });

  test("an answer is acknowledged and hung up by the route that the proxy recorded", async () => {
    const world = await worldOf({ scenario: "answer" });
    await world.place("call-1");
    expect(await world.ended("call-1")).toMatchObject({ sipStatus: 200, evidence: { byeFrom: "us" } });
    const messages = await world.carrier.waitFor((all) => all.some(({ method }) => method === "BYE"));
    expect(messages.filter(({ method }) => method === "ACK")).toHaveLength(1);
  });

  test("a wrong password: the call ends with 407, and no phone rings", async () => {
    const world = await worldOf({ trunk: { password: "wrong-word" } });
    await world.place("call-1");
    expect(await world.ended("call-1")).toMatchObject({ sipStatus: 407 });
    expect(world.challenges()).toBe(2);
    expect(await world.invites()).toHaveLength(0);
  });
});

test("an account that registers: the trunk is usable then, and the registrar forgets it at the end", async () => {
  const world = await worldOf({ trunk: { register: { expires_seconds: 60 } } });
  await expect.poll(() => world.health("carrier").usable, { interval: 10 }).toBe(true);
  expect((await world.ring("call-1")).sipStatus).toBe(487);
  await world.control.stop();
  expect(await world.kamailio.line(/^REGISTER 200 .*expires 0$/)).toHaveLength(1);
});

test("over TLS: it registers, and phones behind it ring, where its certificate is checked", async () => {
  const authority = await newAuthority();
  const tls = await authority.issue(["IP:127.0.0.1"]);
  const trunk = { register: { expires_seconds: 60 }, tls: { ca: authority.ca } };
  const world = await worldOf({ kamailio: { tls }, trunk });
  await expect.poll(() => world.health("carrier").usable, { interval: 10 }).toBe(true);
  expect(await world.ring("call-1")).toMatchObject({ sipStatus: 487, evidence: { over: true } });
  expect(await world.ring("call-2")).toMatchObject({ sipStatus: 487, evidence: { over: true } });
  expect([world.challenges(), (await world.invites()).length]).toEqual([1, 2]);
  await world.control.stop();
  expect(await world.kamailio.line(/^REGISTER 200 .* from tls .*transport=tls.* expires 0$/)).toHaveLength(1);
});
