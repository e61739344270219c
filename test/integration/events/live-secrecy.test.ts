/** What streams show of real deliveries, byte by byte: no code ever, no caller ID before the end. */
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { findPrograms } from "../../../src/local/fetch/programs.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { type Sandbox, startSandbox } from "../../../src/sandbox/start.ts";
import { openSse, type SseClient } from "../../support/sse-client.ts";
import { within } from "../../support/within.ts";
import { api } from "../sandbox/api.ts";

const seconds = 1000;
let sandbox: Sandbox;

beforeAll(async () => {
  const env = { ONERING_HTTP_PORT: "0", ONERING_CALLS_RING_MS: "1000", ONERING_CALLS_SETUP_LIMIT_MS: "4000" };
  sandbox = await startSandbox({ programs: await findPrograms(), env, logger: createLogger({ level: "silent" }) });
});
afterAll(() => sandbox?.stop());

async function open(path: string): Promise<SseClient> {
  const stream = await openSse(`${sandbox.url}${path}`, { key: "sandbox-key" });
  onTestFinished(() => stream.close());
  await stream.when(() => stream.text !== "");
  return stream;
}

/** Starts a verification and follows it by both kinds of streams. */
async function follow(request: object) {
  const all = await open("/v1/events");
  const started = await api(sandbox.url, "/v1/verifications", request);
  expect(started).toMatchObject({ status: 201 });
  const id = String(started.json.id);
  const own = await open(`/v1/verifications/${id}/events`);
  const check = (code: string) => api(sandbox.url, `/v1/verifications/${id}/check`, { code });
  const text = () => all.text + own.text;
  /** Until both say that the newest delivery is in this state. */
  const reaches = (state: string) => {
    const isThere = (stream: SseClient) => stream.events.some(({ data }) => data.data.state === state);
    return within(30 * seconds, Promise.all([all, own].map((stream) => stream.when(() => isThere(stream)))));
  };
  const ends = () => {
    const isThere = () => all.events.some(({ type }) => type === "verification.ended");
    return within(5 * seconds, Promise.all([own.ended, all.when(isThere)]));
  };
  return { id, check, text, reaches, ends, own };
}

/** Every digit of a phone number may stand in a JSON number or a time by chance; a code in quotes or a field does not. */
const asValue = (code: string) => new RegExp(`(?<![0-9A-Za-z_-])${code}(?![0-9A-Za-z_-])`);

it("a missed call: neither its caller ID nor its code is anywhere before the end", async () => {
  const to = "+447400126001";
  const { check, text, reaches, ends, own } = await follow({ to });
  await reaches("rung");
  const call = sandbox.phone.calls().find((one) => one.to === to);
  const callerId = String(call?.caller_id);
  const code = callerId.slice(-4);
  expect(callerId).toMatch(/^\+\d{11}$/);
  expect(text()).not.toContain(callerId.slice(1));
  expect(text()).not.toMatch(asValue(code));
  // A wrong check is no event, and shows nothing either.
  await check(code === "0000" ? "0001" : "0000");
  expect((await check(code)).json).toMatchObject({ valid: true });
  await ends();
  expect(own.events.at(-1)?.data.data).toMatchObject({ status: "verified", to });
  expect(text()).not.toMatch(asValue(code));
});

it("SMS: the code of the message is nowhere, before and after the end", async () => {
  const to = "+447400126002";
  const { check, text, reaches, ends } = await follow({ to, channel: "sms" });
  await reaches("sent");
  // Accepted by the SMSC, then delivered to the phone.
  const message = () => sandbox.inbox.messages().find((one) => one.to === to)?.text ?? "";
  await expect.poll(message).toMatch(/(?<!\d)\d{6}(?!\d)/);
  const code = /(?<!\d)\d{6}(?!\d)/.exec(message())?.[0] ?? "";
  expect(text()).not.toContain(code);
  expect((await check(code)).json).toMatchObject({ valid: true });
  await ends();
  expect(text()).not.toContain(code);
});

it("voice with the app's own code: it is nowhere, before and after the end", async () => {
  const to = "+447400126003";
  const code = "48291";
  const { check, text, reaches, ends } = await follow({ to, channel: "voice", code, locale: "en" });
  const mine = () => sandbox.phone.calls().find((one) => one.to === to);
  await expect.poll(() => mine()?.state).toBe("ringing");
  await api(sandbox.url, `/sandbox/calls/${mine()?.id}/answer`, null);
  await expect
    .poll(() => sandbox.phone.audio(String(mine()?.id))?.recording.linear().length ?? 0)
    .toBeGreaterThan(8000);
  await api(sandbox.url, `/sandbox/calls/${mine()?.id}/keys`, { digits: "1" });
  await reaches("spoken");
  expect(text()).not.toContain(code);
  expect((await check(code)).json).toMatchObject({ valid: true });
  await ends();
  expect(text()).not.toContain(code);
}, 60_000);
