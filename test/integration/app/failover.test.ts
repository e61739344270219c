/** A call that one trunk cannot carry, on the wire of two real carriers. */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { type Gateway, startGateway } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { type Step, withScenarios } from "../../support/scenarios.ts";
import { type SippCarrier, startSipp } from "../../support/sipp.ts";
import { stepOf } from "../../support/step.ts";

const runtime = withRuntime();
const writeScenario = withScenarios();
const names = ["first", "second"] as const;
let ports: Record<(typeof names)[number], number>;
let asterisk: AsteriskServer;
let redisUrl: string;
let gateway: Gateway | undefined;
let carriers: SippCarrier[] = [];
let number = 0;

const ringing: Step[] = [{ send: "180 Ringing" }, "canceled"];
const refusing = (status: string): Step[] => [{ send: status }, "ack"];

beforeAll(async () => {
  ports = { first: await freePort("udp", "tcp"), second: await freePort("udp", "tcp") };
  const trunks = names.map((name) => ({
    ...{ name, host: "127.0.0.1", port: ports[name], transport: "tcp" as const, qualifySeconds: 0 },
  }));
  asterisk = await runtime.asterisk({ trunks });
  redisUrl = (await runtime.redis()).url;
});
afterEach(async () => {
  await gateway?.stop();
  for (const carrier of carriers.splice(0)) await carrier.stop();
});

/** Starts the carriers with what each does, and a gateway that prefers the first. */
async function start(first: Step[] | null, second: Step[], ranges: Record<string, string[]> = {}): Promise<void> {
  const started: SippCarrier[] = [];
  for (const [name, steps] of [["first", first] as const, ["second", second] as const]) {
    if (steps === null) continue;
    started.push(await startSipp({ scenario: await writeScenario(steps), port: ports[name], transport: "tcp" }));
  }
  carriers = started;
  const trunk = (endpoint: string) => ({ asterisk: "local", endpoint, ranges: ranges[endpoint] ?? ["block"] });
  gateway = await startGateway({
    ...{ redisUrl, asterisk },
    config: {
      trunks: { first: trunk("first"), second: trunk("second") },
      routes: [{ prefix: "+", trunks: ["first", "second"] }],
      ranges: { other: { prefix: "+44770091", digits: "4" } },
      // What is left alone stays so for longer than any test here takes.
      routing: { breaker: { failures: "2", pause_ms: "120000" } },
      calls: { ring_ms: "1000", setup_limit_ms: "6000", drain_ms: "0" },
    },
  });
  // It listens before it has reached Redis.
  await gateway.waitForHttp("/readyz", 200);
}

async function end(): Promise<{ status: unknown; reason: unknown }> {
  number += 1;
  const { id } = (await gateway?.start(`+44740077${String(number).padStart(4, "0")}`)) ?? { id: "" };
  const ended = await gateway?.waitForStatus(id, ["rung", "undeliverable"]);
  return { status: stepOf(ended ?? {}), reason: ended?.reason };
}

const invites = async (carrier: SippCarrier | undefined) =>
  ((await carrier?.messages()) ?? []).filter(({ method }) => method === "INVITE");
const callerIdOf = (from: string[]) => /sip:(\+\d+)@/.exec(from.join())?.[1];

describe("failover", () => {
  it.each(["503 Service Unavailable", "500 Server Internal Error", "404 Not Found", "403 Forbidden"])(
    "after %s rings on the other trunk with the same caller ID",
    async (status) => {
      await start(refusing(status), ringing);
      expect(await end()).toEqual({ status: "rung", reason: "rang" });
      const [one, other] = [await invites(carriers[0]), await invites(carriers[1])];
      expect([one.length, other.length]).toEqual([1, 1]);
      expect(callerIdOf(other[0]?.header("From") ?? [])).toMatch(/^\+44770090\d{4}$/);
      expect(callerIdOf(other[0]?.header("From") ?? [])).toBe(callerIdOf(one[0]?.header("From") ?? []));
    },
  );

  it("believes that a number is not in use when two trunks say so", async () => {
    await start(refusing("404 Not Found"), refusing("404 Not Found"));
    expect(await end()).toEqual({ status: "undeliverable", reason: "unallocated" });
    expect(await invites(carriers[1])).toHaveLength(1);
  });

  it.each(["486 Busy Here", "480 Temporarily Unavailable", "608 Rejected", "484 Address Incomplete"])(
    "does not happen after %s: another trunk would hear the same",
    async (status) => {
      await start(refusing(status), ringing);
      expect(await end()).toMatchObject({ status: "undeliverable" });
      expect(await invites(carriers[1])).toEqual([]);
    },
  );

  it("never happens after the phone rang", async () => {
    await start([{ send: "180 Ringing" }, { pauseMs: 200 }, ...refusing("503 Service Unavailable")], ringing);
    expect(await end()).toEqual({ status: "rung", reason: "congestion" });
    expect(await invites(carriers[1])).toEqual([]);
  });

  it("never happens to a trunk that may not present the caller ID", async () => {
    await start(refusing("503 Service Unavailable"), ringing, { second: ["other"] });
    expect(await end()).toEqual({ status: "undeliverable", reason: "congestion" });
    expect(await invites(carriers[1])).toEqual([]);
  });

  it("never happens while the INVITE on a silent trunk may be alive", async () => {
    await start([{ pauseMs: 20_000 }], ringing);
    expect(await end()).toEqual({ status: "undeliverable", reason: "no_answer_signal" });
    expect(await invites(carriers[1])).toEqual([]);
  });
});

describe("a trunk on which the calls to a callee prefix go on failing", () => {
  it("is left alone for that prefix, not for others, and the metrics say so", async () => {
    await start(refusing("503 Service Unavailable"), ringing);
    const metric = async (series: string) =>
      (await gateway?.get("/metrics"))?.text
        .split("\n")
        .find((line) => line.startsWith(series))
        ?.at(-1);
    const openPrefixes = (trunk: string) => metric(`onering_trunk_open_prefixes{trunk="${trunk}",asterisk="local"}`);
    const isClosed = (trunk: string) =>
      metric(`onering_trunk_breaker{trunk="${trunk}",asterisk="local",state="closed"}`);
    expect(await openPrefixes("first")).toBe("0");
    for (let call = 0; call < 2; call++) await end();
    expect([await openPrefixes("first"), await isClosed("first")]).toEqual(["1", "1"]);
    expect([await openPrefixes("second"), await isClosed("second")]).toEqual(["0", "1"]);
    expect(await end()).toEqual({ status: "rung", reason: "rang" });
    expect([(await invites(carriers[0])).length, (await invites(carriers[1])).length]).toEqual([2, 3]);
    expect((await gateway?.get("/readyz"))?.status).toBe(200);
  });
});
