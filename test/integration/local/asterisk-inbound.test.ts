/** Somebody calls a number of ours, or calls back a missed call: refused, never answered, whoever listens. */

import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { ariRequest } from "../../support/ari-request.ts";
import { withCertificates } from "../../support/certificates.ts";
import { withRuntime } from "../../support/processes.ts";
import { callIn } from "../../support/sipp.ts";

const runtime = withRuntime();
const certificate = withCertificates();
const CALLER = "+447700900123";
const CALLED = "+442079460000";
const TRUNK = { name: "carrier", host: "127.0.0.1", port: 9, qualifySeconds: 0 } as const;

interface StasisStart {
  readonly type: string;
  readonly args: readonly string[];
  readonly channel: { readonly id: string; readonly name: string; readonly state: string } & {
    readonly caller: { readonly number: string };
    readonly dialplan: { readonly exten: string };
  };
}

/** Connects as a gateway does, and hands over the calls that come in. */
async function listen(asterisk: AsteriskServer, app: string, onCall: (event: StasisStart) => void): Promise<WebSocket> {
  const { url, user, password } = asterisk.ari;
  const socket = new WebSocket(`${url.replace("http", "ws")}/ari/events?app=${app}`, { auth: `${user}:${password}` });
  socket.on("message", (data) => {
    const event = JSON.parse(String(data)) as StasisStart;
    if (event.type === "StasisStart") onCall(event);
  });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return socket;
}

function expectRefusal(statuses: readonly number[]): void {
  expect(statuses.at(-1)).toBeGreaterThanOrEqual(400);
  expect(statuses.filter((status) => status > 100)).toHaveLength(1);
}

for (const transport of ["udp", "tcp"] as const) {
  test(`a call back over ${transport} is refused where the trunk takes no calls`, async () => {
    const asterisk = await runtime.asterisk({ trunks: [{ ...TRUNK, transport }] });
    expectRefusal(await callIn({ to: asterisk.ports.sip, caller: CALLER, called: CALLED, transport }));
    await expect.poll(async () => (await ariRequest(asterisk, "GET", "/channels")).body).toEqual([]);
  });

  test(`a call over ${transport} is refused where no gateway listens`, async () => {
    const asterisk = await runtime.asterisk({ trunks: [{ ...TRUNK, transport, inbound: {} }], inboundApps: ["away"] });
    expectRefusal(await callIn({ to: asterisk.ports.sip, caller: CALLER, called: CALLED, transport }));
    const log = await readFile(path.join(asterisk.dir, "log/messages.log"), "utf8");
    const complaints = log.split("\n").filter((line) => /WARNING|ERROR/.test(line));
    expect(complaints.filter((line) => !line.includes("app 'away'"))).toEqual([]);
  });
}

test("a call over TLS is refused in the same way, with a certificate of ours", async () => {
  const [own, carrier] = [await certificate(), await certificate()];
  const asterisk = await runtime.asterisk({
    trunks: [{ ...TRUNK, transport: "tls", inbound: {} }],
    tls: { caFile: carrier.certFile, certFile: own.certFile, keyFile: own.keyFile },
  });
  const to = asterisk.ports.sipTls;
  const statuses = await callIn({ to, caller: CALLER, called: CALLED, transport: "tls", tls: carrier });
  expectRefusal(statuses);
  // Not the 401 of a stranger: it was known as the trunk's call.
  expect(statuses.at(-1)).toBe(403);
});

test("the first gateway that is connected gets the call, unanswered, with caller and called number", async () => {
  const asterisk = await runtime.asterisk({
    trunks: [{ ...TRUNK, inbound: {} }],
    inboundApps: ["away", "here", "also-here"],
  });
  const calls: StasisStart[] = [];
  const take = async (event: StasisStart) => {
    calls.push(event);
    await ariRequest(asterisk, "DELETE", `/channels/${event.channel.id}?reason=busy`);
  };
  const sockets = [await listen(asterisk, "here", take), await listen(asterisk, "also-here", take)];
  const statuses = await callIn({ to: asterisk.ports.sip, caller: CALLER, called: CALLED, transport: "tcp" });
  for (const socket of sockets) socket.close();
  expectRefusal(statuses);
  expect(calls).toMatchObject([
    {
      args: ["inbound", expect.stringContaining(`&called=${encodeURIComponent(CALLED)}&`)],
      channel: {
        name: expect.stringMatching(/^PJSIP\/carrier-/),
        state: "Ring",
        caller: { number: CALLER },
        dialplan: { exten: CALLED },
      },
    },
  ]);
});

test("a gateway that does not refuse the call keeps it for some seconds only, and it is never answered", async () => {
  const asterisk = await runtime.asterisk({ trunks: [{ ...TRUNK, inbound: {} }], inboundApps: ["slow"] });
  const socket = await listen(asterisk, "slow", () => undefined);
  expectRefusal(await callIn({ to: asterisk.ports.sip, caller: CALLER, called: CALLED, transport: "tcp" }));
  socket.close();
  await expect.poll(async () => (await ariRequest(asterisk, "GET", "/channels")).body).toEqual([]);
}, 15_000);

test.each([
  [
    "the network's number goes before the phone's",
    "P-Asserted-Identity: <sip:+447700900199@example.net>",
    "+447700900199",
  ],
  ["a withheld number is not told", "P-Asserted-Identity: <sip:+447700900199@example.net>\nPrivacy: id", ""],
])("%s", async (_, header, expected) => {
  const asterisk = await runtime.asterisk({ trunks: [{ ...TRUNK, inbound: {} }], inboundApps: ["here"] });
  const numbers: string[] = [];
  const socket = await listen(asterisk, "here", ({ channel }) => {
    numbers.push(channel.caller.number);
    void ariRequest(asterisk, "DELETE", `/channels/${channel.id}`);
  });
  await callIn({ to: asterisk.ports.sip, caller: CALLER, called: CALLED, header, transport: "tcp" });
  socket.close();
  expect(numbers).toEqual([expected]);
});

test.each([
  ["that watches trunks", undefined],
  ["that places calls", "onering"],
])("a gateway on AMI %s is told, and what the network says cannot write lines of its own", async (_, amiCallsApp) => {
  const asterisk = await runtime.asterisk({
    trunks: [{ ...TRUNK, inbound: {} }],
    ...(amiCallsApp === undefined ? {} : { amiCallsApp }),
  });
  const { port, user, password } = asterisk.ami;
  let text = "";
  const socket = connect(port, "127.0.0.1");
  socket.on("data", (data) => {
    text += String(data);
  });
  socket.write(`Action: Login\r\nUsername: ${user}\r\nSecret: ${password}\r\n\r\n`);
  await expect.poll(() => text).toContain("Event: FullyBooted");
  const lineBreak = "%0d%0a";
  await callIn({
    to: asterisk.ports.sip,
    caller: ["%2b4477", "Uniqueid%3a%20onering.1", "", "Event%3a%20UserEvent"].join(lineBreak),
    called: [CALLED, "Called%3a%20%2b1", "Event%3a%20ContactStatus", ""].join(lineBreak),
    transport: "tcp",
  });
  await expect.poll(() => text).toContain("UserEvent: OneRingInbound");
  await expect.poll(async () => (await ariRequest(asterisk, "GET", "/channels")).body).toEqual([]);
  socket.write("Action: Ping\r\n\r\n");
  await expect.poll(() => text).toContain("Ping: Pong");
  socket.destroy();
  expect(text.match(/^Event: .*$/gm)).toEqual(["Event: FullyBooted", "Event: UserEvent"]);
  expect(text.match(/^(Called|Caller|Uniqueid|Token|Invite|Exten|CallerIDNum): .*$/gm)).toEqual([
    expect.stringMatching(/^CallerIDNum: [0-9+]*$/),
    expect.stringMatching(/^Exten: [0-9+]*$/),
    expect.stringMatching(/^Uniqueid: \d+\.\d+$/),
    expect.stringMatching(/^Token: [\w-]{32}$/),
    expect.stringMatching(/^Invite: v1&names=[\w.~%-]+&called=[\w.~%-]+&.*&end$/),
  ]);
});
