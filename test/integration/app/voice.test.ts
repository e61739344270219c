/** The channel voice through the whole gateway: what a person on a real SIP far end hears, and what that proves. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { findSounds } from "../../../src/local/fetch/sound-bundle.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { allSounds } from "../../../src/speech/sound-names.ts";
import { ariRequest } from "../../support/ari-request.ts";
import { type Gateway, startGateway } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { openRtpEar, type RtpEar } from "../../support/rtp-ear.ts";
import { type Step, withScenarios } from "../../support/scenarios.ts";
import { type SippCarrier, startSipp } from "../../support/sipp.ts";
import { type HeardSound, loadReferences, type References, recognise } from "../../support/sound-match.ts";

const runtime = withRuntime();
const writeScenario = withScenarios();
let redisUrl: string;
let asterisk: AsteriskServer;
let port: number;
let ear: RtpEar;
let folder: string;
let references: References;
let gateway: Gateway;
let carrier: SippCarrier | undefined;
let callees = 0;

beforeAll(async () => {
  redisUrl = (await runtime.redis()).url;
  port = await freePort("udp");
  asterisk = await runtime.asterisk({
    trunks: [{ name: "carrier", host: "127.0.0.1", port, transport: "udp", qualifySeconds: 0 }],
  });
  ear = await openRtpEar();
  folder = (await findSounds()) ?? "";
  if (folder === "") throw new Error("no sounds: run `npm run runtime -- --for-tests`");
  references = await loadReferences(asterisk, folder, "en", allSounds);
});
afterAll(() => ear.close());

async function begin(voice: Record<string, unknown> = {}): Promise<void> {
  const own = { key_wait_ms: "700", max_prompts: "2", max_call_ms: "30000", ...voice };
  gateway = await startGateway({
    redisUrl,
    asterisk,
    config: { voice: own, verification: { start_gap_seconds: "0" } },
  });
  await gateway.waitForHttp("/readyz", 200);
}

beforeEach(() => ear.forget());
afterEach(async () => {
  await gateway.stop();
  await carrier?.stop();
  carrier = undefined;
});

async function farEnd(...steps: Step[]): Promise<void> {
  carrier = await startSipp({ scenario: await writeScenario(steps), port });
}
const answer = (): Step[] => [{ send: "180 Ringing" }, { send: "200 OK", mediaPort: ear.port }, "ack"];

async function start(extra: Record<string, unknown> = {}) {
  callees += 1;
  const to = `+4474009${String(10_000 + callees)}`;
  const { status, json, text } = await gateway.post("/v1/verifications", { to, channel: "voice", ...extra });
  if (status !== 201) throw new Error(`refused: ${status} ${text}`);
  return json as { id: string; [key: string]: unknown };
}

const codeIn = (heard: readonly HeardSound[]) =>
  heard.flatMap(({ sound }) => (sound.startsWith("digits/") ? [sound.slice("digits/".length)] : [])).join("");
const delivery = async (id: string) =>
  (await gateway.get(`/v1/verifications/${id}`)).json.delivery as Record<string, unknown> & {
    state: string;
    voice: Record<string, unknown>;
  };
const untilState = (id: string, state: string) =>
  expect.poll(async () => (await delivery(id)).state, { timeout: 20_000, interval: 25 }).toBe(state);
const channels = async () => (await ariRequest(asterisk, "GET", "/channels")).body as unknown[];

describe("a person who presses the key", () => {
  it("hears the code twice, only after the key, and it verifies", async () => {
    await begin();
    await farEnd(...answer(), "bye");
    const { id } = await start();
    await ear.waitForSound();
    await untilState(id, "answered");
    await expect.poll(() => ear.length, { timeout: 5000 }).toBeGreaterThan(8 * 1000);
    const keyAt = ear.length;
    await ear.press("1");
    await untilState(id, "spoken");
    expect((await gateway.get(`/v1/verifications/${id}`)).json.status).toBe("delivered");
    await expect.poll(async () => (await delivery(id)).voice.attempt, { timeout: 20_000 }).not.toBeNull();
    const heard = recognise(ear.heard(), references);
    const digits = heard.filter(({ sound }) => sound.startsWith("digits/"));
    expect(digits).toHaveLength(12);
    expect(digits.every(({ whole, from }) => whole && from >= keyAt)).toBe(true);
    const code = codeIn(heard);
    expect(code.slice(0, 6)).toBe(code.slice(6));
    // The key came during the prompt, which was stopped.
    expect(heard.map(({ sound }) => sound).filter((sound) => !sound.startsWith("digits/"))).toEqual([
      "onering/press-1",
      "onering/your-code",
      "onering/again",
    ]);
    expect(heard[0]).toMatchObject({ whole: false });
    const checked = await gateway.post(`/v1/verifications/${id}/check`, { code: code.slice(0, 6) });
    expect(checked.json).toMatchObject({ valid: true, status: "verified" });
    expect(await delivery(id)).toMatchObject({
      state: "spoken",
      reason: "answered",
      voice: { locale: "en", confirm_key: "1", attempt: { outcome: "answered", alerted: true, ended_by: "us" } },
    });
    expect(gateway.log()).not.toContain(code.slice(0, 6));
    await expect.poll(channels).toEqual([]);
  });

  it("is hung up on when the code was typed during the second reading", async () => {
    await begin();
    await farEnd(...answer(), "bye");
    const { id } = await start();
    await ear.waitForSound();
    await ear.press("1");
    await untilState(id, "spoken");
    const code = codeIn(recognise(ear.heard(), references)).slice(0, 6);
    expect((await gateway.post(`/v1/verifications/${id}/check`, { code })).json.valid).toBe(true);
    await expect.poll(channels).toEqual([]);
    expect(codeIn(recognise(ear.heard(), references)).length).toBeLessThan(12);
  });

  it("who hangs up within the code was not told it", async () => {
    await begin();
    await farEnd(...answer(), { pauseMs: 6000 }, "hang up");
    const { id } = await start({ code_length: 10 });
    await ear.waitForSound();
    await ear.press("1");
    await untilState(id, "failed");
    const heard = codeIn(recognise(ear.heard(), references));
    expect(heard.length).toBeGreaterThan(0);
    expect(heard.length).toBeLessThan(10);
    expect(await delivery(id)).toMatchObject({ reason: "hung_up", voice: { attempt: { ended_by: "far_end" } } });
    expect((await gateway.get(`/v1/verifications/${id}`)).json.status).toBe("undeliverable");
  });
});

describe("without the key", () => {
  it("no digit is heard, and the delivery fails as not_confirmed", async () => {
    await begin();
    await farEnd(...answer(), "bye");
    const { id } = await start();
    await ear.waitForSound();
    // Another key is none.
    await ear.press("2");
    await untilState(id, "failed");
    const heard = recognise(ear.heard(), references);
    expect(heard.map(({ sound, whole }) => [sound, whole])).toEqual([
      ["onering/press-1", true],
      ["onering/press-1", true],
    ]);
    expect(await delivery(id)).toMatchObject({ reason: "not_confirmed", voice: { locale: "en" } });
  });

  it("a voicemail that answers without ringing gets no code, and its answer is noted", async () => {
    await begin();
    await farEnd({ send: "200 OK", mediaPort: ear.port }, "ack", "bye");
    const { id } = await start();
    await untilState(id, "failed");
    expect(codeIn(recognise(ear.heard(), references))).toBe("");
    expect(await delivery(id)).toMatchObject({
      reason: "not_confirmed",
      voice: { attempt: { false_answer: true, alerted: false } },
    });
  });
});

describe("otherwise", () => {
  it("a busy phone fails the delivery like any call", async () => {
    await begin({ prices: [{ prefix: "+44", per_minute: "0.1" }] });
    await farEnd({ send: "486 Busy Here" }, "ack");
    const { id } = await start();
    await untilState(id, "failed");
    expect(await delivery(id)).toMatchObject({
      reason: "busy",
      cost: 0,
      voice: { locale: null, talk_ms: null, attempt: { outcome: "busy", sip_status: 486 } },
    });
  });

  it("nobody answers: the phone rings for voice.ring_ms and not for calls.ring_ms", async () => {
    await begin({ ring_ms: "5000" });
    await farEnd({ send: "180 Ringing" }, "canceled");
    const { id } = await start();
    await untilState(id, "failed");
    const { reason, voice } = await delivery(id);
    expect(reason).toBe("not_answered");
    expect((voice.attempt as { ring_ms: number }).ring_ms).toBeGreaterThan(4500);
  });

  it("without a key to press the code is read out at once, in the language of the country, and costs what is configured", async () => {
    await begin({ confirm_key: "null", prices: [{ prefix: "+", per_minute: "0.06", increment_seconds: "60" }] });
    await farEnd(...answer(), "bye");
    const to = "+79161234567";
    const { json } = await gateway.post("/v1/verifications", { to, channel: "voice", code_length: 4 });
    const id = String(json.id);
    await expect.poll(async () => (await delivery(id)).voice.attempt, { timeout: 25_000 }).not.toBeNull();
    const russian = await loadReferences(asterisk, folder, "ru", allSounds);
    const code = codeIn(recognise(ear.heard(), russian));
    expect(code).toHaveLength(8);
    expect(code.slice(0, 4)).toBe(code.slice(4));
    expect(await delivery(id)).toMatchObject({ state: "spoken", cost: 0.06, voice: { locale: "ru" } });
    expect((await gateway.post(`/v1/verifications/${id}/check`, { code: code.slice(0, 4) })).json.valid).toBe(true);
  });
});
