/** A voice call and workflows in the sandbox, as a script does them. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { findPrograms } from "../../../src/local/fetch/programs.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { type Sandbox, startSandbox } from "../../../src/sandbox/start.ts";
import { api } from "./api.ts";

let sandbox: Sandbox;

beforeAll(async () => {
  const env = { ONERING_HTTP_PORT: "0" };
  sandbox = await startSandbox({ programs: await findPrograms(), env, logger: createLogger({ level: "silent" }) });
});
afterAll(() => sandbox?.stop());

const post = (path: string, body?: object) => api(sandbox.url, path, body ?? null);
const read = async (id: string) => (await api(sandbox.url, `/v1/verifications/${id}`)).json;
const calls = async () =>
  (await fetch(`${sandbox.url}/sandbox/calls`)).json() as Promise<{ id: string; to: string; state: string }[]>;
const messages = async () =>
  (await fetch(`${sandbox.url}/sandbox/messages`)).json() as Promise<{ to: string; channel: string; text: string }[]>;
const callTo = async (to: string) => (await calls()).find((call) => call.to === to);

it("a voice call is listed, answered and keyed; its code is heard after the key alone, and verifies", async () => {
  const to = "+447400125001";
  const started = await post("/v1/verifications", { to, channel: "voice", code: "48291", locale: "en" });
  expect(started.status).toBe(201);
  const id = String(started.json.id);
  // Time for a person or a script to answer.
  expect(sandbox.config.voice?.ring_ms).toBeGreaterThanOrEqual(20_000);
  await expect.poll(async () => (await callTo(to))?.state).toBe("ringing");
  const call = (await callTo(to))?.id;
  expect(await post(`/sandbox/calls/${call}/keys`, { digits: "1" })).toMatchObject({
    ...{ status: 409, json: { code: "call_not_answered" } },
  });
  expect(await post(`/sandbox/calls/${call}/answer`)).toMatchObject({ status: 200, json: { state: "answered" } });
  // The prompt is playing: a key counts at once.
  const heard = () => sandbox.phone.audio(String(call))?.recording.linear().length ?? 0;
  await expect.poll(heard).toBeGreaterThan(8000);
  const keyedMs = performance.now();
  expect(await post(`/sandbox/calls/${call}/keys`, { digits: "1" })).toMatchObject({ status: 200 });
  await expect.poll(async () => (await read(id)).delivery, { timeout: 25_000 }).toMatchObject({ state: "spoken" });
  expect(performance.now() - keyedMs).toBeLessThan(25_000);
  expect(await post(`/sandbox/calls/${call}/hangup`)).toMatchObject({ status: 200 });
  const audio = Buffer.from(await (await fetch(`${sandbox.url}/sandbox/calls/${call}/audio`)).arrayBuffer());
  expect(audio.subarray(0, 4).toString()).toBe("RIFF");
  expect(audio.length).toBe(44 + audio.readUInt32LE(40));
  expect(audio.length / 16_000).toBeGreaterThan(3);
  expect((await post(`/v1/verifications/${id}/check`, { code: "48291" })).json).toMatchObject({ status: "verified" });
});

it("a number that ends in 903 fails calls and gets messages, within one workflow", async () => {
  const to = "+447400125903";
  const workflow = [{ channel: "missed_call" }, { channel: "voice" }, { channel: "sms" }];
  const started = await post("/v1/verifications", { to, workflow });
  expect(started.status).toBe(201);
  const mine = async () => (await messages()).filter((message) => message.to === to);
  await expect.poll(async () => (await mine()).length).toBe(1);
  const { deliveries } = (await read(String(started.json.id))) as { deliveries: object[] };
  expect(deliveries).toMatchObject([
    { channel: "missed_call", state: "failed", reason: "switched_off" },
    { channel: "voice", state: "failed", reason: "switched_off" },
    { channel: "sms" },
  ]);
});

it("a step follows after a wait of one second, other recipients and what they prove included", async () => {
  const to = "+447400125002";
  const workflow = [
    { channel: "sms", wait_seconds: 1 },
    { channel: "whatsapp", wait_seconds: 1 },
    { channel: "email", to: "ana5002@example.com" },
  ];
  const started = await post("/v1/verifications", { to, workflow });
  expect(started.status).toBe(201);
  const arrived = async () =>
    (await messages()).filter((message) => message.to === to || message.to === "ana5002@example.com");
  await expect.poll(async () => (await arrived()).map(({ channel }) => channel)).toEqual(["email", "whatsapp", "sms"]);
  const [mail = "", whatsApp, sms] = (await arrived()).map(({ text }) => /(?<!\d)\d{6}(?!\d)/.exec(text)?.[0]);
  expect(whatsApp).toBe(sms);
  const checked = await post(`/v1/verifications/${started.json.id}/check`, { code: mail });
  expect(checked.json).toMatchObject({ status: "verified" });
  expect((await read(String(started.json.id))).proof).toMatchObject({ kind: "email", value: "ana5002@example.com" });
});
