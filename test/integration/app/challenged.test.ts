/** A first trunk that asks for a password we do not have, with the SIP capture on: 0 of 9 calls went to the second one. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../../src/local/process/free-port.ts";
import { type Gateway, startGateway } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { withScenarios } from "../../support/scenarios.ts";
import { type SippCarrier, startSipp } from "../../support/sipp.ts";
import { stepOf } from "../../support/step.ts";

const runtime = withRuntime();
const writeScenario = withScenarios();
const calls = 9;

describe.each([
  ["401 Unauthorized", "udp", "WWW-Authenticate"],
  ["407 Proxy Authentication Required", "tcp", "Proxy-Authenticate"],
] as const)("after %s over %s, with the SIP capture", (status, transport, challenge) => {
  let gateway: Gateway;
  let carriers: SippCarrier[] = [];

  beforeAll(async () => {
    const headers = [`${challenge}: Digest realm="carrier", nonce="n0nce", algorithm=MD5`];
    const [refusing, ringing] = await Promise.all([
      writeScenario([{ send: status, headers }, "ack"]),
      writeScenario([{ send: "180 Ringing" }, "canceled"]),
    ]);
    const first = await startSipp({ scenario: refusing, transport });
    const second = await startSipp({ scenario: ringing, transport });
    carriers = [first, second];
    const hepPort = await freePort("udp");
    const names = ["first", "second"] as const;
    const asterisk = await runtime.asterisk({
      hepPort,
      trunks: names.map((name, at) => ({
        ...{ name, host: "127.0.0.1", port: carriers[at]?.port ?? 0, transport, qualifySeconds: 0 },
      })),
    });
    const trunk = (endpoint: string) => ({ asterisk: "local", endpoint, ranges: ["block"] });
    gateway = await startGateway({
      redisUrl: (await runtime.redis()).url,
      asterisk,
      config: {
        sip_capture: { port: String(hepPort) },
        trunks: { first: trunk("first"), second: trunk("second") },
        routes: [{ prefix: "+", trunks: names }],
        // A second trunk is asked while 3 s of it are left.
        calls: { ring_ms: "1000", setup_limit_ms: "20000", drain_ms: "0" },
      },
    });
    await gateway.waitForHttp("/readyz", 200);
  });
  afterAll(async () => {
    await gateway?.stop();
    for (const carrier of carriers) await carrier.stop();
  });

  it(`${calls} of ${calls} calls ring on the second trunk`, async () => {
    const ends = await Promise.all(
      Array.from({ length: calls }, async (_, at) => {
        const { id } = await gateway.start(`+4474007801${String(at).padStart(2, "0")}`);
        const ended = await gateway.waitForStatus(id, ["rung", "undeliverable"]);
        return `${stepOf(ended)} ${ended.reason}`;
      }),
    );
    expect(ends).toEqual(Array.from({ length: calls }, () => "rung rang"));
    const called = async (carrier: SippCarrier | undefined) =>
      new Set(
        ((await carrier?.messages()) ?? [])
          .filter(({ method }) => method === "INVITE")
          .map(({ header }) => header("Call-ID")[0]),
      ).size;
    expect(await called(carriers[1])).toBe(calls);
    // Its breaker may leave the first one alone after some failures.
    expect(await called(carriers[0])).toBeGreaterThanOrEqual(3);
  });
});
