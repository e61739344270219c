/** Somebody calls in over a trunk that the gateway reaches over SIP itself: no Asterisk; SIPp brings the call over UDP and TCP. */
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type App, buildApp } from "../../../src/app.ts";
import { resolveConfig } from "../../../src/config/load.ts";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { gatewayClient, gatewayDocument } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { callIn } from "../../support/sipp.ts";

const runtime = withRuntime();
const numbers = ["+442079460001", "+442079460002"];
const carriers = { carrier: "127.0.0.1", stranger: "127.0.0.2" } as const;
const attacker = "+447400129997";
const asserted = (number: string) => `P-Asserted-Identity: <sip:${number}@carrier.example>`;
let app: App | undefined;
let gateway: ReturnType<typeof gatewayClient>;
let logged = "";
let port = 0;
let callee = 0;
const somebody = () => `+44740012${String(3000 + callee++)}`;

beforeAll(async () => {
  const redis = await runtime.redis();
  port = await freePort("udp", "tcp");
  const of = (host: string, trusted: string) => ({
    ...{ sip: { host, port: "9", qualify_seconds: "0" }, ranges: ["block"], inbound: { trusted } },
  });
  // There is no Asterisk.
  const { asterisks: _, ...document } = gatewayDocument({
    redisUrl: redis.url,
    asterisk: { ari: {}, ami: {} } as AsteriskServer,
    config: {
      sip: { host: "127.0.0.1", udp_port: String(port), tcp_port: String(port), refuse_status: "603" },
      call_in: { numbers },
    },
  });
  const trunks = { carrier: of(carriers.carrier, "true"), stranger: of(carriers.stranger, "false") };
  const routes = [{ prefix: "+", trunks: ["carrier"] }];
  const config = resolveConfig({ name: "test", document: { ...document, trunks, routes }, env: {} });
  const stream = new PassThrough();
  stream.on("data", (line: Buffer) => {
    logged += line.toString();
  });
  app = await buildApp(config, { logger: createLogger(config.log, { stream }) });
  gateway = gatewayClient((await app.start()).url);
  await gateway.waitForHttp("/readyz", 200);
});
afterAll(() => app?.stop());

async function start(to: string) {
  const answer = await gateway.post("/v1/verifications", { to, channel: "call_in" });
  expect(answer.status).toBe(201);
  const { id, delivery } = answer.json as { id: string; delivery: { call_in: { number: string } } };
  return { id, called: delivery.call_in.number };
}

/** Brings a call, which gets one final response, the configured one, and nothing before it. */
async function bring(
  call: Pick<Parameters<typeof callIn>[0], "caller" | "called" | "header" | "toUser" | "transport" | "address">,
) {
  expect(await callIn({ to: port, ...call })).toEqual([603]);
}

async function counted(result: string): Promise<number> {
  const { text } = await gateway.get("/metrics");
  const found = text.matchAll(/^onering_inbound_calls_total\{trunk="\w+",result="(\w+)"\} (\d+)$/gm);
  return [...found].reduce((sum, [, name, count]) => sum + (name === result ? Number(count) : 0), 0);
}

const statusOf = async (id: string) => (await gateway.get(`/v1/verifications/${id}`)).json.status;

test.each(["udp", "tcp"] as const)("the callee's call over %s verifies, once", async (transport) => {
  const before = await counted("verified");
  const to = somebody();
  const { id, called } = await start(to);
  await bring({ caller: to, called, transport });
  await expect.poll(() => statusOf(id)).toBe("verified");
  await bring({ caller: to, called, transport });
  await expect.poll(() => counted("verified")).toBe(before + 1);
});

test.each([
  ["untrusted", "a call by a trunk that is not trusted", (to: string) => ({ caller: to, address: carriers.stranger })],
  ["no_match", "somebody else's call", () => ({ caller: "+447400129999" })],
  ["withheld", "a private number", (to: string) => ({ header: `${asserted(to)}\nPrivacy: id` })],
  ["withheld", "From alone", () => ({ header: "X-Carrier: SIPp" })],
  [
    "withheld",
    "the victim's identity before the network's",
    (to: string) => ({ header: `${asserted(to)}\n${asserted(attacker)}` }),
  ],
  ["forwarded", "Diversion", (to: string) => ({ header: `${asserted(to)}\nDiversion: <sip:${attacker}@x>` })],
  ["forwarded", "a To that is another number", () => ({ toUser: attacker })],
  ["wrong_format", "a caller without the plus sign", (to: string) => ({ header: asserted(to.slice(1)) })],
  [
    "unreadable",
    "a value longer than Asterisk's",
    (to: string) => ({ header: `${asserted(to)}\nAttestation-Info: ${"A".repeat(1001)}` }),
  ],
] as const)("counts as %s and verifies nothing: %s", async (result, _, change) => {
  const before = await counted(result);
  const to = somebody();
  const { id, called } = await start(to);
  await bring({ caller: to, called, ...change(to) });
  await expect.poll(() => counted(result)).toBe(before + 1);
  expect(await statusOf(id)).toBe("pending");
  expect(logged).not.toMatch(/4474001(23|299)|44207946000/);
});
