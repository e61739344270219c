import { expect, test } from "vitest";
import { ariRequest, originate } from "../../support/ari-request.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
const CALL = { trunk: "carrier", channelId: "call-1", callee: "+31612345678", callerId: "+12015550123" };

for (const transport of ["udp", "tcp"] as const) {
  test(`a call over ${transport} shows the caller ID in From and P-Asserted-Identity, and is canceled`, async () => {
    const carrier = await runtime.carrier({ scenario: "ringing", transport });
    const asterisk = await runtime.asterisk({
      trunks: [{ name: "carrier", host: "127.0.0.1", port: carrier.port, transport }],
    });
    expect(await originate(asterisk, CALL)).toMatchObject({ status: 200 });
    await carrier.waitFor((seen) => seen.some((message) => message.status === 180));
    expect(await ariRequest(asterisk, "DELETE", "/channels/call-1")).toMatchObject({ status: 204 });
    const seen = await carrier.waitFor((all) => all.some((message) => message.method === "ACK"));

    const invite = seen.find((message) => message.method === "INVITE");
    expect(invite?.startLine).toMatch(new RegExp(`^INVITE sip:\\${CALL.callee}@127\\.0\\.0\\.1:${carrier.port}`));
    expect(invite?.header("From")[0]).toMatch(new RegExp(`^<sip:\\${CALL.callerId}@127\\.0\\.0\\.1>;tag=`));
    expect(invite?.header("P-Asserted-Identity")).toEqual([expect.stringMatching(`^<sip:\\${CALL.callerId}@`)]);
    for (const name of ["Privacy", "Remote-Party-ID", "Diversion", "Session-Expires", "Require"]) {
      expect(invite?.header(name), name).toEqual([]);
    }
    const callId = invite?.header("Call-ID")[0];
    const inCall = seen.filter((message) => message.header("Call-ID")[0] === callId);
    const flow = inCall.map((message) => message.method || message.status);
    expect(flow).toEqual(["INVITE", 100, 180, "CANCEL", 200, 487, "ACK"]);
    // "Answered elsewhere" would make phones hide the missed call.
    expect(seen.find((message) => message.method === "CANCEL")?.text).not.toMatch(/cause=(200|26)\b/);
  });
}

test("a registration trunk registers, puts its account in From and the caller ID in P-Asserted-Identity", async () => {
  const carrier = await runtime.carrier({ scenario: "ringing" });
  const asterisk = await runtime.asterisk({
    trunks: [
      {
        ...{ name: "carrier", host: "127.0.0.1", port: carrier.port, transport: "udp" },
        ...{ username: "account", password: "secret", register: true },
      },
    ],
  });
  const registered = (message: { method: string; header(name: string): string[] }) =>
    message.method === "REGISTER" && /account@127\.0\.0\.1/.test(message.header("To")[0] ?? "");
  await carrier.waitFor((seen) => seen.some(registered), 10_000);
  await originate(asterisk, CALL);
  const seen = await carrier.waitFor((all) => all.some((message) => message.method === "INVITE"));
  const invite = seen.find((message) => message.method === "INVITE");
  expect(invite?.header("From")[0]).toMatch(/^<sip:account@127\.0\.0\.1>;tag=/);
  expect(invite?.header("P-Asserted-Identity")).toEqual([expect.stringMatching(`^<sip:\\${CALL.callerId}@`)]);
});

test("an answered call is ended by DELETE with BYE", async () => {
  const carrier = await runtime.carrier({ scenario: "answer" });
  const asterisk = await runtime.asterisk({
    trunks: [{ name: "carrier", host: "127.0.0.1", port: carrier.port, transport: "udp" }],
  });
  await originate(asterisk, CALL);
  await carrier.waitFor((seen) => seen.some((message) => message.method === "ACK"));
  await ariRequest(asterisk, "DELETE", "/channels/call-1");
  await carrier.waitFor((seen) => seen.some((message) => message.method === "BYE"));
});

test("a carrier that redirects gets no second call", async () => {
  const trap = await runtime.carrier({ scenario: "ringing" });
  const keys = { status: "302 Moved Temporarily", header: `Contact: <sip:+18005550199@127.0.0.1:${trap.port}>` };
  const carrier = await runtime.carrier({ scenario: "final", keys });
  const asterisk = await runtime.asterisk({
    trunks: [{ name: "carrier", host: "127.0.0.1", port: carrier.port, transport: "udp" }],
  });
  await originate(asterisk, CALL);
  await carrier.waitFor((seen) => seen.some((message) => message.method === "ACK"));
  await expect.poll(async () => (await ariRequest(asterisk, "GET", "/channels")).body).toEqual([]);
  expect(await trap.messages()).toEqual([]);
  expect((await carrier.messages()).filter((message) => message.method === "INVITE")).toHaveLength(1);
});

test("an originate to a carrier that does not answer OPTIONS is refused", async () => {
  const asterisk = await runtime.asterisk({
    trunks: [{ name: "carrier", host: "127.0.0.1", port: 9, transport: "udp" }],
  });
  const state = async () => (await ariRequest(asterisk, "GET", "/endpoints/PJSIP/carrier")).body;
  await expect.poll(async () => asterisk.cli("pjsip show contacts"), { timeout: 10_000 }).toContain("Unavail");
  expect(await state()).toMatchObject({ state: "offline" });
  expect(await originate(asterisk, CALL)).toMatchObject({ status: 500 });
});
