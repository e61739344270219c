/**
 * Somebody calls in over a real trunk: real Asterisk and Redis, SIPp as the carrier that brings the call, and two gateways
 * that both hear it, one over ARI and one over AMI.
 */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { type Gateway, startGateway } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { callIn } from "../../support/sipp.ts";

const runtime = withRuntime();
const numbers = ["+442079460001", "+442079460002"];
const carriers = { carrier: "127.0.0.1", stranger: "127.0.0.2" } as const;
let asterisk: AsteriskServer;
let gateways: Gateway[] = [];
let callee = 0;
const somebody = () => `+44740012${String(3000 + callee++)}`;

beforeAll(async () => {
  const redis = await runtime.redis();
  const trunk = { port: 9, transport: "tcp", qualifySeconds: 0 } as const;
  asterisk = await runtime.asterisk({
    trunks: Object.entries(carriers).map(([name, host]) => ({ ...trunk, name, host, inbound: {} })),
    inboundApps: ["one"],
    amiCallsApp: "two",
  });
  // Without the filter that keeps what a caller wrote out of AMI: the events must prove by themselves whose they are.
  const managerConf = path.join(asterisk.dir, "etc/manager.conf");
  const lines = (await readFile(managerConf, "utf8")).split("\n");
  await writeFile(managerConf, lines.filter((line) => !line.startsWith("eventfilter = !")).join("\n"));
  await asterisk.cli("manager reload");
  const of = (name: string, trusted: string) => ({
    ...{ asterisk: "local", endpoint: name, ranges: ["block"], inbound: { trusted } },
  });
  const { ari, ami } = asterisk;
  const hmac_key = "the-same-of-both-gateways-0123456789-abcdef";
  const overAri = { ari_url: ari.url, ari_user: ari.user, ari_password: ari.password, ari_app: "one" };
  const overAmi = { driver: "asterisk-manager", ari_app: "two", ami: { ...ami, port: String(ami.port) } };
  for (const local of [overAri, overAmi]) {
    const config = {
      asterisks: { local },
      trunks: { carrier: of("carrier", "true"), stranger: of("stranger", "false") },
      secrets: { hmac_key },
      call_in: { numbers },
    };
    gateways.push(await startGateway({ redisUrl: redis.url, asterisk, config }));
  }
  // They listen before they have reached Redis.
  for (const gateway of gateways) await gateway.waitForHttp("/readyz", 200);
});
afterAll(async () => {
  for (const gateway of gateways) await gateway.stop();
  gateways = [];
});

async function start(to: string) {
  const [, gateway] = gateways;
  if (gateway === undefined) throw new Error("the gateways are there in tests only");
  const answer = await gateway.post("/v1/verifications", { to, channel: "call_in" });
  expect(answer.status).toBe(201);
  const { id, delivery } = answer.json as { id: string; delivery: { call_in: { number: string } } };
  const { call_in } = delivery;
  expect(numbers).toContain(call_in.number);
  return { id, called: call_in.number };
}

/** Brings a call by a carrier, and expects what every call in gets: one final, a refusal. */
async function bring(
  carrier: keyof typeof carriers,
  caller: string,
  called: string,
  changed: { readonly header?: string; readonly toUser?: string } = {},
) {
  const address = carriers[carrier];
  const statuses = await callIn({ to: asterisk.ports.sip, caller, called, address, transport: "tcp", ...changed });
  expect(statuses.filter((status) => status > 100)).toHaveLength(1);
  expect(statuses.at(-1)).toBeGreaterThanOrEqual(400);
}

const statusOf = async (id: string) => (await gateways[1]?.get(`/v1/verifications/${id}`))?.json.status;

/** How many calls had this result, over both gateways: each counts every call. */
async function counted(result: string): Promise<number> {
  let sum = 0;
  for (const gateway of gateways) {
    const { text } = await gateway.get("/metrics");
    for (const match of text.matchAll(/^onering_inbound_calls_total\{trunk="\w+",result="(\w+)"\} (\d+)$/gm)) {
      if (match[1] === result) sum += Number(match[2]);
    }
  }
  return sum;
}

test("the callee's call by the trusted trunk verifies, once, though two gateways hear it", async () => {
  const to = somebody();
  const { id, called } = await start(to);
  await bring("carrier", to, called);
  await expect.poll(() => statusOf(id)).toBe("verified");
  await expect.poll(() => counted("no_match")).toBe(1);
  expect(await counted("verified")).toBe(1);
  // People dial once more, because they heard a refusal.
  await bring("carrier", to, called);
  await expect.poll(() => counted("no_match")).toBe(3);
  expect(await counted("verified")).toBe(1);
  const check = await gateways[0]?.post(`/v1/verifications/${id}/check`, { code: "1234" });
  expect(check).toMatchObject({ status: 409, json: { code: "verification_ended" } });
});

test.each([
  ["the same call by a trunk that is not trusted", "untrusted", "stranger", (to: string) => to, undefined],
  ["somebody else's call", "no_match", "carrier", () => "+447400129999", undefined],
  ["a call with the number withheld", "withheld", "carrier", (to: string) => to, "Privacy: id"],
  ["a call of anonymous", "withheld", "carrier", () => "anonymous", undefined],
  [
    "a call whose number the network gives otherwise than the phone",
    "no_match",
    "carrier",
    (to: string) => to,
    "P-Asserted-Identity: <sip:+447400129998@carrier.example>",
  ],
] as const)("%s verifies nothing", async (_, result, carrier, callerFor, header) => {
  const before = await counted(result);
  const to = somebody();
  const { id, called } = await start(to);
  // With Privacy there is a P-Asserted-Identity that carries the number for the network alone.
  const headers = header === "Privacy: id" ? `P-Asserted-Identity: <sip:${to}@carrier.example>\n${header}` : header;
  await bring(carrier, callerFor(to), called, headers === undefined ? {} : { header: headers });
  await expect.poll(() => counted(result)).toBe(before + 2);
  expect(await statusOf(id)).toBe("pending");
});

const asserted = (number: string) => `P-Asserted-Identity: <sip:${number}@carrier.example>`;
const attacker = "+447400129997";
test.each([
  [
    "forwarded",
    "a forwarded call, by Diversion",
    (to: string) => [asserted(to), `Diversion: <sip:${attacker}@x>;reason=unconditional`],
  ],
  [
    "forwarded",
    "a forwarded call, by History-Info",
    (to: string) => [asserted(to), "History-Info: <sip:a@b>;index=1, <sip:c@d;cause=302>;index=1.1"],
  ],
  ["forwarded", "a transferred call", (to: string) => [asserted(to), `Referred-By: <sip:${attacker}@x>`]],
  ["withheld", "Remote-Party-ID alone", (to: string) => [`Remote-Party-ID: <sip:${to}@x>;party=calling;screen=yes`]],
  ["withheld", "From alone", () => ["X-Carrier: SIPp"]],
  ["withheld", "a P-Asserted-Identity without a user", () => ["P-Asserted-Identity: <sip:carrier.example>"]],
  ["withheld", "a broken P-Asserted-Identity", (to: string) => [`P-Asserted-Identity: <sip:${to}@x`]],
  [
    "withheld",
    "the victim's P-Asserted-Identity before the network's",
    (to: string) => [asserted(to), asserted(attacker)],
  ],
  ["withheld", "both in one line", (to: string) => [`P-Asserted-Identity: <sip:${to}@x>, <sip:${attacker}@y>`]],
  ["withheld", "digits with letters between them", (to: string) => [asserted(`${to.slice(0, 3)}x${to.slice(3)}`)]],
  ["wrong_format", "a caller without the plus sign", (to: string) => [asserted(to.slice(1))]],
  ["not_attested", "a signature that is not valid", (to: string) => [asserted(`${to};verstat=TN-Validation-Failed`)]],
  ["unreadable", "a header too long for Asterisk", (to: string) => [asserted(to), `X-Long: ${"x".repeat(5000)}`]],
] as const)("counts as %s and verifies nothing: %s", async (result, _, headers) => {
  const before = await counted(result);
  const to = somebody();
  const { id, called } = await start(to);
  await bring("carrier", to, called, { header: headers(to).join("\n") });
  await expect.poll(() => counted(result)).toBe(before + 2);
  expect(await statusOf(id)).toBe("pending");
});

test("parameters of the called number's user part are no digits of it", async () => {
  const to = somebody();
  const { id, called } = await start(to);
  const before = await counted("other_number");
  // Glued together this would be the number that the person was told to call.
  await bring("carrier", to, `${called.slice(0, -1)};x=${called.slice(-1)}`, { toUser: called });
  await expect.poll(() => counted("other_number")).toBe(before + 2);
  expect(await statusOf(id)).toBe("pending");
  await bring("carrier", to, `${called};npdi;rn=+442079460999`);
  await expect.poll(() => statusOf(id)).toBe("verified");
});

test("a call whose To is another number verifies nothing", async () => {
  const before = await counted("forwarded");
  const to = somebody();
  const { id, called } = await start(to);
  await bring("carrier", to, called, { toUser: attacker });
  await expect.poll(() => counted("forwarded")).toBe(before + 2);
  expect(await statusOf(id)).toBe("pending");
});

test("a whole event that a caller wrote into AMI by line breaks is dropped and counted", async () => {
  const [before, own] = [await counted("forged"), await counted("other_number")];
  const lines = (...texts: string[]) =>
    texts
      .map((text) => `%0d%0a${text.replaceAll(/[^A-Za-z0-9]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`)
      .join("");
  // Newchannel has the caller's number before the number called, so the forged event begins in the first and ends in the
  // second, 79 characters each. By a trunk that is not trusted, for one that is.
  const caller = `1${lines("", "Event: UserEvent", "UserEvent: OneRingInbound")}`;
  const called = `+44${lines("Channel: PJSIP/carrier-0000ffff", "Token: guessed-0123456789", "")}`;
  await bring("stranger", caller, called, { header: "X-Carrier: SIPp" });
  await expect.poll(() => counted("forged")).toBe(before + 1);
  // What the dialplan itself sends of that call has the secret, and is of the other trunk.
  expect(await counted("forged")).toBe(before + 1);
  await expect.poll(() => counted("other_number")).toBe(own + 2);
  expect(gateways[1]?.log()).toContain("without the dialplan's token");
});

test("somebody who calls back a missed call is refused, and nothing is verified by it", async () => {
  const to = somebody();
  const { id } = await start(to);
  const before = await counted("other_number");
  await bring("carrier", to, "+447700901234");
  await expect.poll(() => counted("other_number")).toBe(before + 2);
  expect(await statusOf(id)).toBe("pending");
});

test("a verification by calling in has no code, and can be canceled", async () => {
  const { id } = await start(somebody());
  for (const [path, body] of [
    ["check", { code: "1234" }],
    ["check", { caller_id: "+447700901234" }],
  ] as const) {
    const answer = await gateways[0]?.post(`/v1/verifications/${id}/${path}`, body);
    expect(answer).toMatchObject({ status: 400, json: { code: "invalid_request" } });
    expect(answer?.json.detail).toContain("has no code to check");
  }
  expect((await gateways[0]?.post(`/v1/verifications/${id}/cancel`))?.json.status).toBe("canceled");
});

test("no log line holds a number of those who called", () => {
  const log = gateways.map((gateway) => gateway.log()).join("");
  expect(log).toContain("verified by an inbound call");
  expect(log).not.toMatch(/74001[23]\d{4}/);
});
