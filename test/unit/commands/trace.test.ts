import { afterEach, describe, expect, it, vi } from "vitest";
import { readTraceOptions, trace } from "../../../src/commands/trace.ts";
import { ladder, type ShownTrace } from "../../../src/commands/trace-ladder.ts";
import type { CallTrace } from "../../../src/telephony/call-control/trace.ts";
import { ask, key, operatorKey, testServer } from "../http/support.ts";

const peer = "198.51.100.7:5060/tcp";
const kept: CallTrace = {
  callId: "v00ff-1",
  trunk: "carrier-a",
  startedAtMs: Date.UTC(2026, 2, 1, 12),
  callee: "+4477********",
  callerId: "+1202*******",
  messages: [
    { ms: 0.31, direction: "out", peer, what: "INVITE" },
    { ms: 812.449, direction: "in", peer, what: "180 Ringing to INVITE" },
  ],
  omitted: 0,
};
const find = (id: string) => (id === "v00ff" ? [kept] : []);
const operator = { authorization: `Bearer ${operatorKey}` };

describe("GET /v1/admin/calls/{id}/trace", () => {
  it("answers an operator with the messages of a call", async () => {
    const { server } = await testServer({ admin: true, traces: find });
    const answer = await ask(server, "GET", "/v1/admin/calls/v00ff/trace", undefined, operator);
    expect([answer.status, answer.json()]).toEqual([
      200,
      {
        calls: [
          {
            ...{ call_id: "v00ff-1", trunk: "carrier-a", started_at: "2026-03-01T12:00:00.000Z", omitted: 0 },
            ...{ callee: "+4477********", caller_id: "+1202*******" },
            messages: [
              { ms: 0.3, direction: "out", peer, message: "INVITE" },
              { ms: 812.4, direction: "in", peer, message: "180 Ringing to INVITE" },
            ],
          },
        ],
      },
    ]);
  });

  it("opens to operators alone, and says whether a call is unknown or none is kept", async () => {
    const { server } = await testServer({ admin: true, traces: find });
    const path = "/v1/admin/calls/v00ff/trace";
    expect((await ask(server, "GET", path, undefined, { authorization: `Bearer ${key}` })).status).toBe(401);
    expect((await ask(server, "GET", "/v1/admin/calls/v00fe/trace", undefined, operator)).status).toBe(404);
    const { server: without } = await testServer({ admin: true });
    const answer = await ask(without, "GET", path, undefined, operator);
    expect([answer.status, answer.json().code]).toEqual([400, "not_supported"]);
  });
});

describe("onering trace", () => {
  afterEach(() => void vi.restoreAllMocks());
  async function run(id: string, given: { json?: boolean; key?: string } = {}) {
    const { server } = await testServer({ admin: true, traces: find });
    const gateway = new URL(await server.listen({ host: "127.0.0.1", port: 0 }));
    const lines: string[] = [];
    vi.spyOn(process.stdout, "write").mockImplementation((text) => lines.push(String(text)) > 0);
    const status = await trace({ id, gateway, json: given.json ?? false }, given.key ?? operatorKey);
    return { status, text: lines.join("") };
  }

  it("prints the ladder of a call, or its JSON", async () => {
    expect(await run("v00ff")).toEqual({
      status: 0,
      text: [
        "v00ff-1 on carrier-a, 2026-03-01T12:00:00.000Z",
        "+1202******* calls +4477********",
        "",
        "            gateway                    198.51.100.7:5060/tcp",
        "       0.3  |--- INVITE ---------------------------------->|",
        "     812.4  |<-- 180 Ringing to INVITE --------------------|",
        "",
      ].join("\n"),
    });
    expect(JSON.parse((await run("v00ff", { json: true })).text).calls).toHaveLength(1);
  });

  it("says what is wrong", async () => {
    await expect(run("v00fe")).rejects.toThrow(/^127\.0\.0\.1:\d+ answered HTTP 404: This gateway keeps no trace/);
    await expect(run("v00ff", { key: "wrong" })).rejects.toThrow(/HTTP 401/);
    await expect(run("v00ff", { key: "" })).rejects.toThrow("set ONERING_OPERATOR_KEY");
    const nobody = { id: "v1", gateway: new URL("http://127.0.0.1:1"), json: false };
    await expect(trace(nobody, "x")).rejects.toThrow("127.0.0.1:1 does not answer: ");
  });

  it("takes one id, and an address", () => {
    expect(readTraceOptions(["v1"], {})).toMatchObject({ id: "v1", json: false });
    for (const words of [[], ["v1", "v2"], ["+447700900123"], ["../x"]]) {
      expect(readTraceOptions(words, {})).toHaveProperty("wrong");
    }
    expect(readTraceOptions(["v1"], { gateway: "localhost:8080" })).toHaveProperty("wrong");
  });
});

describe("a ladder", () => {
  const shown: ShownTrace = {
    ...{ call_id: "v1-1", trunk: "a", started_at: "2026-03-01T12:00:00.000Z", callee: "+44", caller_id: "+1" },
    ...{ messages: [], omitted: 0 },
  };

  it("names each new far end, long texts and what is left out", () => {
    const long = "480 Temporarily Unavailable to INVITE (Q.850 127)";
    const text = ladder({
      ...shown,
      messages: [
        { ms: 0, direction: "out", peer: "a:1/udp", message: "INVITE" },
        { ms: 1, direction: "out", peer: "b:1/tcp", message: "INVITE" },
        { ms: 2, direction: "in", peer: "b:1/tcp", message: long },
      ],
      omitted: 3,
    });
    expect(text.match(/gateway .*(a:1\/udp|b:1\/tcp)\n/g)).toHaveLength(2);
    expect(text).toContain(`|<-- ${long} -|`);
    expect(text).toContain("and 3 more");
  });

  it("says so where nothing was sent", () => {
    expect(ladder(shown)).toContain("no message was sent");
  });
});
