/**
 * Secrecy over all channels at once: while verifications are live, and after their end, no code, no recipient and no
 * credential stands where it must not. Codes have ten digits: six turn up by chance in times.
 */
import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { resolveConfig } from "../../../src/config/load.ts";
import type { Config } from "../../../src/config/schema.ts";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { type Providers, startProviders } from "../../chaos/deliveries/providers.ts";
import { configSecrets } from "../../support/config-secrets.ts";
import { type Answer, apiKey, type Gateway, gatewayDocument, startGateway } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { openRtpEar, type RtpEar } from "../../support/rtp-ear.ts";
import { withScenarios } from "../../support/scenarios.ts";
import { callIn } from "../../support/sipp.ts";

const runtime = withRuntime();
const writeScenario = withScenarios();
const calledNumber = "+442079460001";
/** Phones of missed calls and of voice calls are at carriers of their own; message phones are elsewhere. */
const phones = { missed: "+44740061", voice: "+44740062", message: "+44740031", http: "+44740030" } as const;
const answers: string[] = [];
/** What stands in Redis at some moments. */
const dumps: string[] = [];
const recipients: string[] = [];
let providers: Providers;
let asterisk: AsteriskServer;
let ear: RtpEar;
let gateway: Gateway;
let config: Config;
let redis: Redis;
let count = 0;

const phone = (kind: keyof typeof phones) => `${phones[kind]}${String(count++).padStart(4, "0")}`;
const address = () => `grace.hopper${count++}@example.com`;

beforeAll(async () => {
  providers = await startProviders();
  const { url: redisUrl } = await runtime.redis();
  redis = new Redis(redisUrl);
  ear = await openRtpEar();
  const rings = await runtime.carrier({ scenario: "ringing" });
  const speaks = await runtime.carrier({
    scenario: await writeScenario([{ send: "180 Ringing" }, { send: "200 OK", mediaPort: ear.port }, "ack", "bye"]),
  });
  const trunk = { host: "127.0.0.1", transport: "udp", qualifySeconds: 0 } as const;
  asterisk = await runtime.asterisk({
    trunks: [
      { ...trunk, name: "carrier", port: rings.port, inbound: {} },
      { ...trunk, name: "speaking", port: speaks.port },
    ],
    inboundApps: ["onering"],
  });
  const trunkOf = (endpoint: string) => ({ asterisk: "local", endpoint, ranges: ["block"] });
  const parts = {
    ...{ redisUrl, asterisk },
    config: {
      ...(providers.config as Record<string, Record<string, unknown>>),
      apps: { test: { api_keys_sha256: [apiKeyHash(apiKey)], custom_code: true } },
      verification: { start_gap_seconds: 0, message_code_length: 10 },
      // Eight digits, so that what is found was really written.
      ranges: { block: { prefix: "+4477", digits: "8" } },
      trunks: { carrier: { ...trunkOf("carrier"), inbound: { trusted: "true" } }, speaking: trunkOf("speaking") },
      routes: [
        { prefix: phones.missed, trunks: ["carrier"] },
        { prefix: phones.voice, trunks: ["speaking"] },
      ],
      calls: { ring_ms: "5000", setup_limit_ms: "4000" },
      call_in: { numbers: [calledNumber] },
      voice: { max_call_ms: "60000" },
    },
  };
  gateway = await startGateway(parts);
  config = resolveConfig({ name: "test", document: gatewayDocument(parts), env: {} });
  providers.setGateway(gateway.url);
  // Ready is a gateway with one channel that works: here each has to.
  const downChannels = async () => {
    const { status, json } = await gateway.get("/readyz");
    const { channels = [] } = json as {
      readonly channels?: readonly { readonly channel: string; readonly up: boolean }[];
    };
    return [status, ...channels.filter(({ up }) => !up).map(({ channel }) => channel)];
  };
  await vi.waitFor(async () => expect(await downChannels()).toEqual([200]), { timeout: 20_000, interval: 50 });
});
afterAll(async () => {
  await gateway?.stop();
  ear?.close();
  redis?.disconnect();
  await providers?.stop();
});

async function keep(asking: Promise<Answer>): Promise<Answer> {
  const answer = await asking;
  answers.push(answer.text, JSON.stringify([...answer.headers]));
  return answer;
}

async function start(channel: string, to: string, more: object = {}): Promise<string> {
  recipients.push(to);
  const { status, text, json } = await keep(gateway.post("/v1/verifications", { to, channel, ...more }));
  expect(status, text).toBe(201);
  return String(json.id);
}
const look = async (id: string) => (await keep(gateway.get(`/v1/verifications/${id}`))).json;
const stateOf = async (id: string) => ((await look(id)).delivery as { readonly state: string }).state;
const until = (id: string, state: RegExp) => expect.poll(() => stateOf(id), { timeout: 20_000 }).toMatch(state);

async function codeFor(channel: string, to: string): Promise<string> {
  const mine = () => providers.arrived.find((message) => message.channel === channel && message.to === to);
  await expect.poll(() => mine()?.text).toBeDefined();
  const code = /(?<!\d)\d{10}(?!\d)/.exec(mine()?.text ?? "")?.[0];
  expect(code, channel).toBeDefined();
  return code ?? "";
}

async function dump(): Promise<void> {
  dumps.push((await redisContents(redis)).map(({ key, content }) => `${key}\n${content}`).join("\n"));
}

/** The last line of a key, the parts of a login, what is sent in place of a secret: whatever of it could be written. */
function formsOf(secret: string): string[] {
  const pemLines = secret.split(/\n|\\n/).filter((line) => /^[A-Za-z0-9+/=]{40,}$/.test(line));
  const base64 = Buffer.from(secret).toString("base64").replace(/=+$/, "");
  return pemLines.length > 0 ? pemLines : [secret, base64, createHash("sha256").update(secret).digest("hex")];
}

test("codes, recipients and credentials of every channel stand in no log, metric, answer or readable Redis value", async () => {
  // Codes of the gateway's own, one for each line, live.
  const registrations = (["fcm", "apns", "web_push"] as const).map((line) => providers.registration(line, count++));
  const messages: [string, string][] = [
    ["sms", phone("message")],
    ["sms", phone("http")],
    ["whatsapp", phone("message")],
    ["email", address()],
    ...registrations.map((to): [string, string] => ["push", to]),
  ];
  const spoken = phone("voice");
  const live = await Promise.all(
    [...messages, ["sms", spoken] as const].map(async ([channel, to]) => ({
      ...{ channel, to, id: await start(channel, to) },
    })),
  );
  const codes = await Promise.all(live.map(({ channel, to }) => codeFor(channel, to)));
  // The call reads out the code that the message brought.
  const call = live.at(-1)?.id ?? "";
  expect((await keep(gateway.post(`/v1/verifications/${call}/resend`, { channel: "voice" }))).status).toBe(200);

  // Codes of the app's own, of the same length.
  const given = ["4081927365", "7350916284", "2096417583", "9517302846"];
  const [byMessage, byMail, byDevice] = [phone("message"), address(), providers.registration("fcm", count++)];
  const sealed = [
    await start("sms", byMessage, { code: given[0] }),
    await start("email", byMail, { code: given[1] }),
    await start("push", byDevice, { code: given[2] }),
    await start("whatsapp", phone("message"), { code: given[3] }),
  ];
  expect(await codeFor("sms", byMessage)).toBe(given[0]);
  expect(await codeFor("email", byMail)).toBe(given[1]);
  expect(await codeFor("push", byDevice)).toBe(given[2]);

  // Calls: one rings, one shows a code of the app's, one is awaited.
  const shown = "50817263";
  const missed = [await start("missed_call", phone("missed"))];
  missed.push(await start("missed_call", phone("missed"), { code: shown }));
  sealed.push(missed[1] ?? "");
  const caller = phone("missed");
  const awaited = await start("call_in", caller);
  // Providers that answer nothing: what is logged then must not name the person either.
  const unanswered = [
    ["smpp", "sms", phone("message")],
    ["sms_http", "sms", phone("http")],
    ["whatsapp", "whatsapp", phone("message")],
    ["email", "email", address()],
  ] as const;
  for (const [line, , to] of unanswered) providers.setFate(line, to, "unanswered");
  const failing = await Promise.all(unanswered.map(([, channel, to]) => start(channel, to)));
  codes.push(...(await Promise.all(unanswered.map(([, channel, to]) => codeFor(channel, to)))));

  await Promise.all(missed.map((id) => until(id, /ringing|rung/)));
  await ear.waitForSound();
  await ear.press("1");
  await dump();
  for (const { id } of live) await keep(gateway.post(`/v1/verifications/${id}/check`, { code: "0000000000" }));
  // SMS over HTTP is repeated under its idempotency key, and answered then.
  for (const id of failing) await until(id, /failed|delivered/);
  const metricsLive = (await keep(gateway.get("/metrics"))).text;
  // Digits are being spoken, or were.
  await until(call, /spoken/);
  await dump();

  const kept = async (id: string) => {
    const values = await Promise.all(
      (await redis.keys(`*${id}*`)).map(async (key) =>
        (await redis.type(key)) === "hash" ? await redis.hget(key, "sealed") : null,
      ),
    );
    return values.filter((value) => value !== null && value !== "");
  };
  for (const id of sealed) expect(await kept(id), id).toEqual([expect.stringMatching(/^[\w-]+\.[\w-]{30,}$/)]);

  // The ends: verified, canceled, failed.
  for (const [index, { id }] of live.entries()) {
    const checked = await keep(gateway.post(`/v1/verifications/${id}/check`, { code: codes[index] }));
    expect(checked.json, live[index]?.channel).toMatchObject({ valid: true, status: "verified" });
  }
  const [first = "", ...others] = sealed;
  expect((await keep(gateway.post(`/v1/verifications/${first}/check`, { code: given[0] }))).json).toMatchObject({
    ...{ valid: true, status: "verified" },
  });
  for (const id of others) await keep(gateway.post(`/v1/verifications/${id}/cancel`));
  for (const id of sealed) expect(await kept(id), "wiped").toEqual(["-"]);
  await callIn({ to: asterisk.ports.sip, caller, called: calledNumber });
  await expect.poll(async () => (await look(awaited)).status).toBe("verified");
  await dump();

  for (const path of ["/readyz", "/healthz", "/openapi.json", "/v1/verifications/none"]) await keep(gateway.get(path));
  const metrics = metricsLive + (await keep(gateway.get("/metrics"))).text;
  const log = gateway.log();
  const places = { answers: answers.join("\n"), metrics, log, redis: dumps.join("\n") };
  // The places are the right ones to look at.
  expect(places.log).toContain("message submitted");
  expect(places.redis).toContain(messages[0]?.[1]);
  expect(places.metrics).toContain("onering_");

  const found: string[] = [];
  const seek = (what: string, text: string, names: readonly (keyof typeof places)[]) => {
    for (const name of names) if (places[name].includes(text)) found.push(`${what} in ${name}`);
  };
  const everywhere = ["answers", "metrics", "log", "redis"] as const;
  expect(codes.every((code) => /^\d{10}$/.test(code))).toBe(true);
  for (const code of [...codes, ...given, shown]) {
    seek(`the code ${code}`, code, everywhere);
    seek(`the code ${code} in base64`, Buffer.from(code).toString("base64").replace(/=+$/, ""), everywhere);
  }
  for (const to of recipients) {
    const named = to.startsWith("{") ? (JSON.parse(to) as { endpoint: string }).endpoint : to.replace(/^\+|^\w+:/, "");
    seek(`the recipient ${named}`, named, ["metrics", "log"]);
  }
  seek("the part of an address before the @", "grace.hopper", ["metrics", "log"]);
  // A code that is logged digit by digit is logged.
  seek("a digit that was spoken", "digits/", ["metrics", "log"]);
  const secrets = new Map(configSecrets(config));
  // An address that may hold a password; here it is the word `off`.
  secrets.delete("records.url");
  expect([...secrets.keys()]).toEqual(
    expect.arrayContaining([
      ...["secrets.hmac_key", "asterisks.local.ari_password", "asterisks.local.ami.password"],
      ...["sms.routes.smpp.smpp.binds.one.password", "sms.routes.aggregator.http.bearer"],
      ...["sms.routes.aggregator.http.receipts.secret", "email.servers.0.password"],
      ...["whatsapp.access_token", "whatsapp.app_secret", "whatsapp.verify_token"],
      ...["push.fcm.main.service_account", "push.apns.main.private_key", "push.web_push.main.private_key"],
    ]),
  );
  for (const [path, secret] of secrets) for (const form of formsOf(secret)) seek(path, form, everywhere);
  seek("the key of the app", apiKey, everywhere);
  // Google's access token, a JWT of Apple's or of Web Push.
  for (const token of ["ya29.", "eyJ"]) seek(`a token ${token}`, token, everywhere);
  expect(found).toEqual([]);
}, 60_000);
