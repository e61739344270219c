import { afterAll, beforeAll, expect, it } from "vitest";
import { findPrograms } from "../../../src/local/fetch/programs.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { callInNumbers } from "../../../src/sandbox/channels/call-in.ts";
import { type Sandbox, startSandbox } from "../../../src/sandbox/start.ts";
import { api } from "./api.ts";

let sandbox: Sandbox;

beforeAll(async () => {
  const env = { ONERING_HTTP_PORT: "0" };
  sandbox = await startSandbox({ programs: await findPrograms(), env, logger: createLogger({ level: "silent" }) });
});
afterAll(() => sandbox?.stop());

async function start(to: string): Promise<{ id: string; number: string }> {
  const { status, json } = await api(sandbox.url, "/v1/verifications", { to, channel: "call_in" });
  expect(status).toBe(201);
  const { number } = (json.delivery as { call_in: { number: string } }).call_in;
  expect(callInNumbers).toContain(number);
  return { id: String(json.id), number };
}
const callIn = (from: string, to: string) => api(sandbox.url, "/sandbox/call-in", { from, to });
const statusOf = async (id: string) => (await api(sandbox.url, `/v1/verifications/${id}`)).json.status;

it("the phone calls in, hears a refusal, and its number is verified; nothing rang", async () => {
  const to = "+447400123456";
  const { id, number } = await start(to);
  const call = await callIn(to, number);
  expect(call).toMatchObject({ status: 200, json: { from: to, to: number, sip_status: expect.any(Number) } });
  expect(call.json.sip_status).toBeGreaterThanOrEqual(400);
  await expect.poll(() => statusOf(id)).toBe("verified");
  expect(sandbox.phone.calls()).toEqual([]);
});

it("another phone's call, and one with the number withheld, verify nothing", async () => {
  const { id, number } = await start("+447400123457");
  for (const from of ["+447400123458", "anonymous"]) {
    expect((await callIn(from, number)).json.sip_status).toBeGreaterThanOrEqual(400);
  }
  const metrics = async () => (await fetch(`${sandbox.url}/metrics`)).text();
  await expect.poll(metrics).toMatch(/^onering_inbound_calls_total\{[^}]*result="no_match"\} 1$/m);
  await expect.poll(metrics).toMatch(/^onering_inbound_calls_total\{[^}]*result="withheld"\} 1$/m);
  expect(await statusOf(id)).toBe("pending");
});

it("a call from what is no number is refused before it is placed", async () => {
  const refused = await callIn("+44\r\nVia: x", callInNumbers[0] ?? "");
  expect(refused).toMatchObject({ status: 400, json: { code: "invalid_request" } });
});
