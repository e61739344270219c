import { expect, test } from "vitest";
import type { AsteriskServer } from "../../../src/runtime/asterisk.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
const CALLEE = "+31612345678";
const CALLER_ID = "+12015550123";

/** Sends a request to ARI. */
async function ari(asterisk: AsteriskServer, method: string, path: string): Promise<{ status: number; body: unknown }> {
  const authorization = `Basic ${Buffer.from(`${asterisk.ari.user}:${asterisk.ari.password}`).toString("base64")}`;
  const response = await fetch(`${asterisk.ari.url}/ari${path}`, { method, headers: { authorization } });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}

function originate(asterisk: AsteriskServer, trunk: string, channelId: string) {
  const query = new URLSearchParams({
    endpoint: `PJSIP/${CALLEE}@${trunk}`,
    app: "test",
    callerId: CALLER_ID,
    timeout: "10",
    channelId,
  });
  return ari(asterisk, "POST", `/channels?${query}`);
}

for (const transport of ["udp", "tcp"] as const) {
  test(`a call over ${transport} shows the caller ID in From and P-Asserted-Identity, and is canceled`, async () => {
    const carrier = await runtime.carrier({ scenario: "ringing", transport });
    const asterisk = await runtime.asterisk({
      trunks: [{ name: "carrier", host: "127.0.0.1", port: carrier.port, transport }],
    });
    expect(await originate(asterisk, "carrier", "call-1")).toMatchObject({ status: 200 });
    await carrier.waitFor((seen) => seen.some((message) => message.status === 180));
    expect(await ari(asterisk, "DELETE", "/channels/call-1")).toMatchObject({ status: 204 });
    const seen = await carrier.waitFor((all) => all.some((message) => message.method === "ACK"));

    const invite = seen.find((message) => message.method === "INVITE");
    expect(invite?.startLine).toMatch(new RegExp(`^INVITE sip:\\${CALLEE}@127\\.0\\.0\\.1:${carrier.port}`));
    expect(invite?.header("From")[0]).toMatch(new RegExp(`^<sip:\\${CALLER_ID}@127\\.0\\.0\\.1>;tag=`));
    expect(invite?.header("P-Asserted-Identity")).toEqual([expect.stringMatching(`^<sip:\\${CALLER_ID}@`)]);
    for (const name of ["Privacy", "Remote-Party-ID", "Diversion", "Session-Expires"]) {
      expect(invite?.header(name), name).toEqual([]);
    }
    const calls = seen.filter((message) => message.header("Call-ID")[0] === invite?.header("Call-ID")[0]);
    expect(calls.map((message) => message.method || message.status)).toEqual([
      "INVITE",
      100,
      180,
      "CANCEL",
      200,
      487,
      "ACK",
    ]);
    // "Answered elsewhere" would make phones hide the missed call.
    expect(seen.find((message) => message.method === "CANCEL")?.text).not.toMatch(/cause=200|cause=26/);
  });
}
