/**
 * The channel voice through the whole gateway: what a person on a real SIP far end hears, and what that proves. A call lasts as
 * long as it takes to read a code aloud, so the calls are up at the same time, each with a gateway, a trunk and an ear of its own.
 */
import { beforeAll, describe, it, type TestContext } from "vitest";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { findSounds } from "../../../src/local/fetch/sound-bundle.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { allSounds } from "../../../src/speech/sound-names.ts";
import { ariRequest } from "../../support/ari-request.ts";
import { startGateway } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { openRtpEar } from "../../support/rtp-ear.ts";
import { type Step, withScenarios } from "../../support/scenarios.ts";
import { startSipp } from "../../support/sipp.ts";
import { type HeardSound, loadReferences, type References, recognise } from "../../support/sound-match.ts";

const runtime = withRuntime();
const writeScenario = withScenarios();
/** One for each test. */
const trunks = ["twice", "typed", "elsewhere", "within", "other-key", "voicemail", "busy", "nobody", "no-key"] as const;
type Trunk = (typeof trunks)[number];
let redisUrl: string;
let asterisk: AsteriskServer;
let ports: Readonly<Record<string, number>>;
let folder: string;
let references: References;
let callees = 0;
/** Calls last as long as what is said; on a machine that is busy with other things a test waits, and does not fail. */
const patient = { timeout: 150_000 };
const waitMs = 60_000;

beforeAll(async () => {
  redisUrl = (await runtime.redis()).url;
  ports = Object.fromEntries(await Promise.all(trunks.map(async (name) => [name, await freePort("udp")] as const)));
  asterisk = await runtime.asterisk({
    trunks: trunks.map((name) => ({
      ...{ name, host: "127.0.0.1", port: ports[name] ?? 0, transport: "udp" as const, qualifySeconds: 0 },
    })),
  });
  folder = (await findSounds()) ?? "";
  if (folder === "") throw new Error("no sounds: run `npm run runtime -- --for-tests`");
  references = await loadReferences(asterisk, folder, "en", allSounds);
});

/** A gateway with a trunk, and a person at its far end. They end with the test. */
async function begin({ expect, onTestFinished }: TestContext, trunk: Trunk, voice: Record<string, unknown> = {}) {
  const ear = await openRtpEar();
  onTestFinished(() => ear.close());
  const own = { key_wait_ms: "700", max_prompts: "2", max_call_ms: "30000", ...voice };
  const { ari, ami } = asterisk;
  const open = async (app: string) => {
    const gateway = await startGateway({
      redisUrl,
      asterisk,
      config: {
        voice: own,
        verification: { start_gap_seconds: "0" },
        asterisks: {
          local: {
            ...{ ari_url: ari.url, ari_user: ari.user, ari_password: ari.password, ari_app: app },
            ami: { host: ami.host, port: String(ami.port), user: ami.user, password: ami.password },
          },
        },
        trunks: { carrier: { asterisk: "local", endpoint: trunk, ranges: ["block"] } },
      },
    });
    onTestFinished(() => gateway.stop());
    await gateway.waitForHttp("/readyz", 200);
    return gateway;
  };
  const gateway = await open(`onering-${trunk}`);
  const delivery = async (id: string) =>
    (await gateway.get(`/v1/verifications/${id}`)).json.delivery as Record<string, unknown> & {
      state: string;
      voice: Record<string, unknown>;
    };
  return {
    ear,
    gateway,
    /** Another gateway on the same Redis. */
    another: () => open(`onering-${trunk}-2`),
    delivery,
    /** Rings and is answered. */
    answer: (): Step[] => [{ send: "180 Ringing" }, { send: "200 OK", mediaPort: ear.port }, "ack"],
    async farEnd(...steps: Step[]): Promise<void> {
      const carrier = await startSipp({ scenario: await writeScenario(steps), port: ports[trunk] ?? 0 });
      onTestFinished(() => carrier.stop());
    },
    async start(extra: Record<string, unknown> = {}) {
      callees += 1;
      const to = `+4474009${String(10_000 + callees)}`;
      const { status, json, text } = await gateway.post("/v1/verifications", { to, channel: "voice", ...extra });
      if (status !== 201) throw new Error(`refused: ${status} ${text}`);
      return json as { id: string; [key: string]: unknown };
    },
    untilState: (id: string, state: string) =>
      expect.poll(async () => (await delivery(id)).state, { timeout: waitMs, interval: 25 }).toBe(state),
  };
}

const codeIn = (heard: readonly HeardSound[]) =>
  heard.flatMap(({ sound }) => (sound.startsWith("digits/") ? [sound.slice("digits/".length)] : [])).join("");
/** Asterisk's channels of a verification. */
const channelsOf = async (id: string) =>
  ((await ariRequest(asterisk, "GET", "/channels")).body as { id: string }[]).filter((one) => one.id.includes(id));

describe.concurrent("a person who presses the key", patient, () => {
  it("hears the code twice, only after the key, and it verifies", async (context) => {
    const { expect } = context;
    const { answer, delivery, ear, farEnd, gateway, start, untilState } = await begin(context, "twice");
    await farEnd(...answer(), "bye");
    const { id } = await start();
    await ear.waitForSound();
    await untilState(id, "answered");
    await expect.poll(() => ear.length, { timeout: waitMs }).toBeGreaterThan(8 * 1000);
    const keyAt = ear.length;
    await ear.press("1");
    await untilState(id, "spoken");
    expect((await gateway.get(`/v1/verifications/${id}`)).json.status).toBe("delivered");
    await expect.poll(async () => (await delivery(id)).voice.attempt, { timeout: waitMs }).not.toBeNull();
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
    await expect.poll(() => channelsOf(id), { timeout: waitMs }).toEqual([]);
  });

  it("is hung up on when the code was typed during the second reading", async (context) => {
    const { expect } = context;
    const { answer, ear, farEnd, gateway, start, untilState } = await begin(context, "typed");
    await farEnd(...answer(), "bye");
    const { id } = await start();
    await ear.waitForSound();
    await ear.press("1");
    await untilState(id, "spoken");
    const code = codeIn(recognise(ear.heard(), references)).slice(0, 6);
    expect((await gateway.post(`/v1/verifications/${id}/check`, { code })).json.valid).toBe(true);
    await expect.poll(() => channelsOf(id), { timeout: waitMs }).toEqual([]);
    expect(codeIn(recognise(ear.heard(), references)).length).toBeLessThan(12);
  });

  it("is hung up on during the second reading, where another gateway is told to cancel", async (context) => {
    const { expect } = context;
    const { another, answer, ear, farEnd, start, untilState } = await begin(context, "elsewhere");
    const other = await another();
    await farEnd(...answer(), "bye");
    const { id } = await start({ code_length: 10 });
    await ear.waitForSound();
    await ear.press("1");
    await untilState(id, "spoken");
    expect((await other.post(`/v1/verifications/${id}/cancel`)).status).toBe(200);
    await expect.poll(() => channelsOf(id), { timeout: waitMs }).toEqual([]);
    const heard = codeIn(recognise(ear.heard(), references));
    expect(heard.length).toBeGreaterThanOrEqual(10);
    expect(heard.length).toBeLessThan(20);
  });

  it("who hangs up within the code was not told it", async (context) => {
    const { expect } = context;
    const { answer, delivery, ear, farEnd, gateway, start, untilState } = await begin(context, "within");
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

describe.concurrent("without the key", patient, () => {
  it("no digit is heard, and the delivery fails as not_confirmed", async (context) => {
    const { expect } = context;
    const { answer, delivery, ear, farEnd, start, untilState } = await begin(context, "other-key");
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

  it("a voicemail that answers without ringing gets no code, and its answer is noted", async (context) => {
    const { expect } = context;
    const { delivery, ear, farEnd, start, untilState } = await begin(context, "voicemail");
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

describe.concurrent("otherwise", patient, () => {
  it("a busy phone fails the delivery like any call", async (context) => {
    const { expect } = context;
    const { delivery, farEnd, start, untilState } = await begin(context, "busy", {
      prices: [{ prefix: "+44", per_minute: "0.1" }],
    });
    await farEnd({ send: "486 Busy Here" }, "ack");
    const { id } = await start();
    await untilState(id, "failed");
    expect(await delivery(id)).toMatchObject({
      reason: "busy",
      cost: 0,
      voice: { locale: null, talk_ms: null, attempt: { outcome: "busy", sip_status: 486 } },
    });
  });

  it("nobody answers: the phone rings for voice.ring_ms and not for calls.ring_ms", async (context) => {
    const { expect } = context;
    const { delivery, farEnd, start, untilState } = await begin(context, "nobody", { ring_ms: "5000" });
    await farEnd({ send: "180 Ringing" }, "canceled");
    const { id } = await start();
    await untilState(id, "failed");
    const { reason, voice } = await delivery(id);
    expect(reason).toBe("not_answered");
    expect((voice.attempt as { ring_ms: number }).ring_ms).toBeGreaterThan(4500);
  });

  it("without a key to press the code is read out at once, in the language of the country, and costs what is configured", async (context) => {
    const { expect } = context;
    const { answer, delivery, ear, farEnd, gateway } = await begin(context, "no-key", {
      confirm_key: "null",
      prices: [{ prefix: "+", per_minute: "0.06", increment_seconds: "60" }],
    });
    await farEnd(...answer(), "bye");
    const to = "+79161234567";
    const { json } = await gateway.post("/v1/verifications", { to, channel: "voice", code_length: 4 });
    const id = String(json.id);
    await expect.poll(async () => (await delivery(id)).voice.attempt, { timeout: waitMs }).not.toBeNull();
    const russian = await loadReferences(asterisk, folder, "ru", allSounds);
    const code = codeIn(recognise(ear.heard(), russian));
    expect(code).toHaveLength(8);
    expect(code.slice(0, 4)).toBe(code.slice(4));
    expect(await delivery(id)).toMatchObject({ state: "spoken", cost: 0.06, voice: { locale: "ru" } });
    expect((await gateway.post(`/v1/verifications/${id}/check`, { code: code.slice(0, 4) })).json.valid).toBe(true);
  });
});
