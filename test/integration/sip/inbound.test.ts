/** Calls that come in over real sockets, from SIPp as the carrier and from who is none: refused unanswered, and judged. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { createInbound, type Inbound } from "../../../src/sip/inbound/index.ts";
import { createTransactions } from "../../../src/sip/transaction/index.ts";
import type { TransactionLayer } from "../../../src/sip/transaction/port.ts";
import { createTransports } from "../../../src/sip/transport/index.ts";
import type { TransportProtocol } from "../../../src/sip/transport/port.ts";
import type { Invite } from "../../../src/telephony/call-control/invite.ts";
import { judgeCaller } from "../../../src/telephony/calls/caller.ts";
import { inviteOf } from "../../../src/telephony/sip-trunks/read-invite.ts";
import { keepingLogger } from "../../support/keeping-logger.ts";
import { callIn } from "../../support/sipp.ts";

const caller = "+447700900123";
const attacker = "+447700900999";
const called = "+442079460001";
const asserted = (user: string) => `P-Asserted-Identity: <sip:${user}@carrier.example>`;

let inbound: Inbound;
let transactions: TransactionLayer;
let ports: Record<TransportProtocol, number>;
let reported: { trunk: string; invite: Invite | "unreadable" }[] = [];
let logs = keepingLogger();
const ends: (() => unknown)[] = [];

beforeEach(async () => {
  reported = [];
  logs = keepingLogger();
  inbound = createInbound({
    // Located at one address, with a second one in its sources; all of 127.0.0.0/8 is this machine.
    trunks: [
      {
        ...{ name: "carrier-a", sources: ["127.0.0.5"], certificateNames: [], domains: [], contactUsers: [] },
        located: () => [{ address: "127.0.0.1", port: 5060, protocol: "udp" }],
      },
    ],
    ...{ status: 486, perSecond: 100, nowMs: () => performance.now(), logger: logs.logger },
    report: (trunk, invite) => reported.push({ trunk, invite: inviteOf(invite) }),
  });
  const transports = createTransports({
    ...{ clock: systemClock, random: cryptoRandom, admits: inbound.admits },
    udp: [{ address: "127.0.0.1", port: 0 }],
    tcp: [{ address: "127.0.0.1", port: 0 }],
  });
  const clock = { nowMs: () => performance.now(), after: systemClock.after };
  transactions = createTransactions({ transports, clock, random: cryptoRandom, answers: inbound.answers });
  transactions.onRequest(inbound.receive);
  await transports.start();
  ports = Object.fromEntries(transports.bound.map(({ protocol, port }) => [protocol, port])) as typeof ports;
  ends.push(
    () => transactions.stop(),
    () => transports.stop(),
  );
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  for (const secret of [caller, attacker, called]) expect(logs.text()).not.toContain(secret.slice(1));
});

/** As a trunk with these rules takes it; null: it was not reported. */
function judged(to_may_differ = false) {
  const { invite } = reported[0] ?? {};
  if (invite === undefined || invite === "unreadable") return invite ?? null;
  const read = (number: string) => (/^\+\d{7,15}$/.test(number) ? number : null);
  const result = judgeCaller(invite, { identity: "pai", to_may_differ }, read);
  return "caller" in result ? result.caller : result.doubt;
}

describe("SIPp as a carrier", () => {
  const call = (header: string, toUser = called, transport: "udp" | "tcp" = "udp") =>
    callIn({ to: ports[transport], caller, called, toUser, header, transport });

  it.each(["udp", "tcp"] as const)(
    "gets one final response over %s; the caller that it asserts is reported",
    async (transport) => {
      expect(await call(asserted(caller), called, transport)).toEqual([486]);
      expect(reported).toMatchObject([
        { trunk: "carrier-a", invite: { called, asserted: [`<sip:${caller}@carrier.example>`] } },
      ]);
      expect(judged()).toBe(caller);
      expect(inbound.counts.reported).toBe(1);
    },
  );

  it.each([
    ["two identities", `${asserted(caller)}\r\n      ${asserted(attacker)}`, "withheld"],
    ["two identities in one line", `${asserted(caller)}, <sip:${attacker}@b>`, "withheld"],
    ["none but its From", "X-Caller: none", "withheld"],
    ["a private identity", `${asserted(caller)}\r\n      Privacy: id`, "withheld"],
    ["Diversion", `${asserted(caller)}\r\n      Diversion: <sip:${attacker}@a>;reason=unconditional`, "forwarded"],
    ["History-Info", `${asserted(caller)}\r\n      History-Info: <sip:${attacker}@a;cause=302>;index=1`, "forwarded"],
    ["a value of 1,001 characters", `${asserted(caller)}\r\n      Attestation-Info: ${"A".repeat(1001)}`, "unreadable"],
  ])("is refused alike with %s, which proves nothing", async (_, header, expected) => {
    expect(await call(header.replaceAll("\r\n", "\n"))).toEqual([486]);
    expect(judged()).toBe(expected);
  });

  it("is refused alike where To is another number", async () => {
    expect(await call(asserted(caller), attacker)).toEqual([486]);
    expect(judged()).toBe("forwarded");
    expect(judged(true)).toBe(caller);
  });
});

/** A far end of our own, at an address of this machine. */
async function farEnd(address: string) {
  const socket: Socket = createSocket("udp4");
  const received: string[] = [];
  socket.on("message", (message) => received.push(message.toString("latin1")));
  socket.bind(0, address);
  await once(socket, "listening");
  ends.unshift(() => socket.close());
  return {
    received,
    statuses: () => received.map((text) => Number(text.slice(8, 11))),
    send: (text: string) => socket.send(Buffer.from(text, "latin1"), ports.udp, "127.0.0.1"),
  };
}

function request(method: string, lines: readonly string[] = [], branch = "z9hG4bK1", uri = `sip:${called}@us.example`) {
  const all = [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP carrier.example;branch=${branch};rport`,
    `From: <sip:${caller}@carrier.example>;tag=1`,
    `To: <sip:${called}@us.example>`,
    "Call-ID: 1@carrier.example",
    `CSeq: 1 ${method}`,
    "Max-Forwards: 70",
    ...lines,
    "Content-Length: 0",
  ];
  return `${all.join("\r\n")}\r\n\r\n`;
}

/** The ACK of a refusal. */
function ackOf(refusal = "", branch?: string): string {
  const tag = /^To:.*;tag=(\S+)/m.exec(refusal)?.[1];
  const to = `<sip:${called}@us.example>`;
  return request("ACK", [], branch).replace(`${to}\r\nCall`, `${to};tag=${tag}\r\nCall`);
}

describe("a far end over UDP", () => {
  it("that writes a carrier's address into its datagrams proves nothing: it never learns the tag of the refusal", async () => {
    const carrier = await farEnd("127.0.0.5");
    carrier.send(request("INVITE", [asserted(caller)]));
    await expect.poll(() => carrier.statuses()).toEqual([486]);
    // All that such a one can know, and a guess.
    carrier.send(request("ACK"));
    carrier.send(ackOf("To: <a>;tag=0123456789abcdef"));
    carrier.send(request("OPTIONS", [], "z9hG4bKo"));
    await expect.poll(() => carrier.statuses()).toContain(200);
    expect(reported).toEqual([]);
  });

  it("that is no trunk gets nothing, whatever it writes in Via; nothing is kept of it", async () => {
    const [stranger, carrier] = [await farEnd("127.0.0.9"), await farEnd("127.0.0.5")];
    for (const method of ["INVITE", "OPTIONS", "REGISTER", "CANCEL", "ACK", "BYE"]) stranger.send(request(method));
    stranger.send(request("INVITE").replace("carrier.example;branch", "127.0.0.5:5060;received=127.0.0.5;branch"));
    carrier.send(request("OPTIONS", [], "z9hG4bKo"));
    await expect.poll(() => carrier.statuses()).toEqual([200]);
    expect([stranger.received, reported]).toEqual([[], []]);
    expect(transactions.size).toBe(1);
  });

  it("that repeats its INVITE, and cancels what is refused, makes one call of it", async () => {
    const carrier = await farEnd("127.0.0.5");
    for (let time = 0; time < 3; time++) carrier.send(request("INVITE", [asserted(caller)]));
    carrier.send(request("CANCEL"));
    await expect.poll(() => carrier.statuses().sort()).toEqual([200, 486, 486, 486]);
    carrier.send(ackOf(carrier.received.find((text) => text.includes(" 486 "))));
    carrier.send(request("INVITE", [asserted(caller)], "z9hG4bKother"));
    await expect.poll(() => carrier.statuses()).toContain(482);
    expect(reported).toHaveLength(1);
    expect(judged()).toBe(caller);
  });

  it("gets an answer where it sent it from, not where Via points", async () => {
    const [victim, carrier] = [await farEnd("127.0.0.9"), await farEnd("127.0.0.5")];
    const via = "Via: SIP/2.0/UDP 127.0.0.9:5060;branch=z9hG4bK1;rport;maddr=127.0.0.9;received=127.0.0.9";
    carrier.send(request("INVITE").replace(/^Via:.*$/m, via));
    await expect.poll(() => carrier.statuses()).toEqual([486]);
    expect(carrier.received[0]).toContain("received=127.0.0.5");
    expect(victim.received).toEqual([]);
  });

  it("with hundreds of header lines, or megabytes of them, costs a call at most", async () => {
    const carrier = await farEnd("127.0.0.5");
    const lines = (count: number, name = "History-Info: <sip:a@b>;index=") =>
      Array.from({ length: count }, (_, n) => `${name}${n}`);
    carrier.send(request("INVITE", [asserted(caller), ...lines(150)], "z9hG4bKa"));
    await expect.poll(() => carrier.statuses()).toEqual([486]);
    carrier.send(ackOf(carrier.received[0], "z9hG4bKa"));
    await expect.poll(() => reported).toHaveLength(1);
    expect(judged()).toBe("unreadable");
    carrier.send(request("INVITE", lines(250), "z9hG4bKb").replace("1@carrier", "2@carrier"));
    carrier.send(request("INVITE", [`X-Long: ${"x".repeat(30_000)}`], "z9hG4bKc").replace("1@carrier", "3@carrier"));
    carrier.send("INVITE sip:x SIP/2.0\r\n\r\n");
    carrier.send(Buffer.alloc(2000, 0xff).toString("latin1"));
    carrier.send(request("OPTIONS", [], "z9hG4bKo"));
    await expect.poll(() => carrier.statuses()).toContain(200);
    expect(reported).toHaveLength(1);
  });
});

describe("a far end over TCP", () => {
  it("that is no trunk has its connection closed unread", async () => {
    const stranger = connect({ port: ports.tcp, host: "127.0.0.1", localAddress: "127.0.0.9" });
    ends.unshift(() => stranger.destroy());
    let received = "";
    stranger.on("data", (data) => {
      received += data.toString("latin1");
    });
    stranger.on("error", () => undefined);
    stranger.write(request("OPTIONS"));
    await once(stranger, "close");
    expect([received, reported]).toEqual(["", []]);
  });
});
