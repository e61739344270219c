/** The sandbox without an Asterisk: calls go from the gateway straight to the simulated carrier. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { sandboxKey } from "../../../src/apps/api-keys.ts";
import { findPrograms } from "../../../src/local/fetch/programs.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { type Sandbox, startSandbox } from "../../../src/sandbox/start.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  const env = { ONERING_HTTP_PORT: "0", ONERING_CALLS_RING_MS: "1000" };
  const logger = createLogger({ level: "silent" });
  sandbox = await startSandbox({ programs: await findPrograms(), env, logger, driver: "sip" });
});
afterAll(() => sandbox?.stop());

interface Seen {
  readonly id: string;
  readonly status: string;
  readonly reason: string | null;
  readonly call_in?: { readonly number: string };
  readonly delivery: { readonly state: string; readonly missed_call?: { attempt: { source: string } } };
}

async function ask<T>(path: string, body?: object): Promise<T> {
  const headers = { Authorization: `Bearer ${sandboxKey}`, "Content-Type": "application/json" };
  const post = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const answer = await fetch(`${sandbox.url}${path}`, { headers, ...post });
  const text = await answer.text();
  expect(answer.ok, text).toBe(true);
  return JSON.parse(text) as T;
}

it("rings the phone once, and the caller ID that arrived is the code", async () => {
  const to = "+447400123456";
  const { id } = await ask<Seen>("/v1/verifications", { to });
  const delivered = () => ask<Seen>(`/v1/verifications/${id}`);
  await expect.poll(async () => (await delivered()).delivery.state, { timeout: 15_000 }).toBe("rung");
  const calls = await ask<{ to: string; caller_id: string }[]>("/sandbox/calls");
  expect(calls.map((call) => call.to)).toEqual([to]);
  const checked = await ask<{ valid: boolean }>(`/v1/verifications/${id}/check`, { caller_id: calls[0]?.caller_id });
  expect(checked.valid).toBe(true);
  expect(sandbox.config.asterisks).toEqual({});
});

it("a call in proves the number, and is refused unanswered", async () => {
  const from = "+447400123457";
  const started = await ask<{ id: string; delivery: { call_in: { number: string } } }>("/v1/verifications", {
    to: from,
    channel: "call_in",
  });
  const { number } = started.delivery.call_in;
  const placed = await ask<{ sip_status: number }>("/sandbox/call-in", { from, to: number });
  expect(placed.sip_status).toBe(486);
  const status = async () => (await ask<Seen>(`/v1/verifications/${started.id}`)).status;
  await expect.poll(status, { timeout: 5000 }).toBe("verified");
});
