import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ladder, type ShownTrace } from "../../../src/commands/trace-ladder.ts";
import { findPrograms } from "../../../src/local/fetch/programs.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { behaviours } from "../../../src/sandbox/carrier/behaviours.ts";
import { type Sandbox, startSandbox } from "../../../src/sandbox/start.ts";
import { api } from "./api.ts";

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({
    programs: await findPrograms(),
    env: { ONERING_HTTP_PORT: "0", ONERING_CALLS_RING_MS: "1000", ONERING_CALLS_SETUP_LIMIT_MS: "1500" },
    logger: createLogger({ level: "silent" }),
    timings: { postDialMs: 50, declineAfterMs: 300, lateRingMs: 800, announcementMs: 300 },
  });
});
afterAll(() => sandbox?.stop());

/** Digits, what the carrier does → how the verification ends, and what the phone's log says. */
const table = [
  ["901", "undeliverable", "busy", "busy"],
  ["902", "undeliverable", "unallocated", "unreachable"],
  // Asterisk reports the Q.850 cause that it derives from the 480; the SIP capture sees the carrier's own.
  ["903", "undeliverable", "switched_off", "unreachable"],
  ["904", "delivered", "declined", "declined"],
  ["905", "delivered", "answered", "answered"],
  ["906", "undeliverable", "no_answer_signal", "unreachable"],
  ["907", "undeliverable", "congestion", "unreachable"],
  // Nothing was heard of it, not even of the CANCEL: the network still looks for the phone.
  ["908", "undeliverable", "no_answer_signal", "dialing"],
  ["909", "delivered", "rang", "missed"],
  ["910", "undeliverable", "unallocated", "unreachable"],
  ["456", "delivered", "rang", "missed"],
] as const;

describe("real Asterisk against the simulated carrier", () => {
  it("has a row in the table for each behaviour", () => {
    expect(Object.keys(behaviours).filter((digits) => !table.some(([row]) => row === digits))).toEqual([]);
  });

  it.concurrent.for(table)(
    "a callee that ends in %s leaves the verification %s, %s; the phone says %s",
    async ([digits, status, reason, state], { expect }) => {
      const to = `+447400123${digits}`;
      const { json: started } = await api(sandbox.url, "/v1/verifications", { to });
      const id = String(started.id);
      await expect
        .poll(async () => (await api(sandbox.url, `/v1/verifications/${id}`)).json, { timeout: 15_000, interval: 50 })
        .toMatchObject({
          ...{ status, reason },
          delivery: { missed_call: { attempt: { outcome: reason, source: "sip" } } },
        });
      await expect
        .poll(() => sandbox.phone.calls().filter((call) => call.to === to), { timeout: 5000, interval: 50 })
        .toEqual([expect.objectContaining({ state, caller_id: expect.stringMatching(/^\+3363998\d{4}$/) })]);
    },
  );

  it("has the messages of a call, from the capture, as a ladder with masked numbers", async () => {
    const { json: started } = await api(sandbox.url, "/v1/verifications", { to: "+447400124456" });
    const path = `/v1/admin/calls/${started.id}/trace`;
    const read = async () => (await api(sandbox.url, path, undefined, "sandbox-operator-key")).json;
    await expect.poll(async () => JSON.stringify(await read()), { timeout: 10_000 }).toContain('"ACK"');
    const [trace] = (await read()).calls as ShownTrace[];
    const shown = ladder(trace as ShownTrace);
    expect(shown).toMatch(/\+3363\** calls \+4474\**\n/);
    const messages = ["INVITE", "180 Ringing to INVITE", "CANCEL.*", "487 .* to INVITE", "ACK"];
    expect(shown).toMatch(new RegExp(messages.map((text) => `\\|(---|<--) ${text} -+[->]\\|`).join("[^]*")));
    expect(shown).not.toMatch(/3363998\d|447400124/);
  });

  it("takes the operator's published key for /v1/admin alone, and the app's for all else", async () => {
    const operator = "sandbox-operator-key";
    const drained = await api(sandbox.url, "/v1/admin/asterisks/private/undrain", null, operator);
    expect(drained).toMatchObject({ status: 200, json: { name: "private", out_of_service: null } });
    expect((await api(sandbox.url, "/v1/admin/trunks", undefined, "sandbox-key")).status).toBe(401);
    const app = await api(sandbox.url, "/v1/admin/apps", { name: "web", allowed_countries: ["GB"] }, operator);
    const key = await api(sandbox.url, "/v1/admin/apps/web/keys", { scopes: ["lookup"] }, operator);
    expect([app.status, key.status]).toEqual([201, 201]);
    const looked = await api(sandbox.url, "/v1/numbers/lookup", { number: "+447400123456" }, String(key.json.key));
    expect([looked.status, looked.json.callable]).toEqual([200, true]);
    const started = await api(sandbox.url, "/v1/verifications", { to: "+447400123456" }, String(key.json.key));
    expect([started.status, started.json.code]).toEqual([403, "forbidden"]);
    expect(
      (await api(sandbox.url, "/v1/admin/audit?action=key.create", undefined, operator)).json.entries,
    ).toHaveLength(1);
    expect((await api(sandbox.url, "/v1/verifications", { to: "+447400123456" }, operator)).status).toBe(401);
    const page = await (await fetch(sandbox.url)).text();
    expect(page).toContain("sandbox-operator-key");
  });

  it("the digits that the phone saw verify, and no other carrier call was placed for it", async () => {
    const to = "+447400124000";
    const { json: started } = await api(sandbox.url, "/v1/verifications", { to });
    await expect
      .poll(() => sandbox.phone.calls().find((call) => call.to === to)?.state, { timeout: 5000 })
      .toBe("missed");
    const seen = sandbox.phone.calls().filter((call) => call.to === to);
    expect(seen).toHaveLength(1);
    const code = seen[0]?.caller_id.slice(-4);
    const checked = await api(sandbox.url, `/v1/verifications/${started.id}/check`, { code });
    expect(checked.json).toMatchObject({ status: "verified", valid: true });
  });
});

describe("the sandbox's own routes", () => {
  it("answer and decline a call that rings, and say no to all others", async () => {
    const to = "+447400124001";
    await api(sandbox.url, "/v1/verifications", { to });
    await expect
      .poll(() => sandbox.phone.calls().find((call) => call.to === to)?.state, { timeout: 5000 })
      .toBe("ringing");
    const [call] = (await api(sandbox.url, "/sandbox/calls")).json as unknown as { id: string; to: string }[];
    expect(call?.to).toBe(to);
    const answered = await api(sandbox.url, `/sandbox/calls/${call?.id}/answer`, null);
    expect(answered).toMatchObject({ status: 200, json: { id: call?.id, state: "answered" } });
    const late = await api(sandbox.url, `/sandbox/calls/${call?.id}/decline`, null);
    expect(late).toMatchObject({ status: 409, type: "application/problem+json; charset=utf-8" });
    expect(late.json).toMatchObject({ code: "call_not_ringing", status: 409 });
    const unknown = await api(sandbox.url, "/sandbox/calls/nonsense/answer", null);
    expect(unknown).toMatchObject({ status: 404, json: { code: "call_not_found" } });
  });

  it("the event stream begins with the call log and follows each call", async () => {
    const stop = new AbortController();
    const response = await fetch(`${sandbox.url}/sandbox/events`, { signal: stop.signal });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const to = "+447400124002";
    const starting = api(sandbox.url, "/v1/verifications", { to });
    let text = "";
    let events: [string, Record<string, unknown>][] = [];
    const isOver = () => events.some(([event, data]) => event === "call" && data.to === to && data.state === "missed");
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      events = [...text.matchAll(/^event: (\w+)\ndata: (.*)\n$/gm)].map(([, event = "", data = ""]) => [
        event,
        JSON.parse(data),
      ]);
      if (isOver()) break;
    }
    stop.abort();
    expect(events[0]?.[0]).toBe("calls");
    expect(events[1]?.[0]).toBe("verification");
    const states = events.filter(([event, data]) => event === "call" && data.to === to).map(([, data]) => data.state);
    expect(states).toEqual(["dialing", "ringing", "missed"]);
    const { json } = await starting;
    expect(events).toContainEqual(["verification", { id: json.id }]);
  });

  it("more pages than 32 at once get 503", async () => {
    const stop = new AbortController();
    const streams = await Promise.all(
      Array.from({ length: 33 }, () => fetch(`${sandbox.url}/sandbox/events`, { signal: stop.signal })),
    );
    stop.abort();
    expect(
      streams
        .map(({ status }) => status)
        .sort()
        .slice(-2),
    ).toEqual([200, 503]);
  });
});
