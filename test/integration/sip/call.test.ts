/** Short calls over real sockets, to SIPp as the carrier: from the name of a hop to the end of a call. */

import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { createDigests } from "../../../src/sip/auth/digest.ts";
import { createCaller } from "../../../src/sip/call/index.ts";
import type { CallEnding, OutgoingCall } from "../../../src/sip/call/port.ts";
import { createLocation } from "../../../src/sip/location/index.ts";
import { createTransactions } from "../../../src/sip/transaction/index.ts";
import { createTransports } from "../../../src/sip/transport/index.ts";
import { type SippOptions, startSipp } from "../../support/sipp.ts";

type Protocol = "udp" | "tcp";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function stack() {
  const nowMs = () => performance.now();
  const transports = createTransports({
    ...{ clock: systemClock, random: cryptoRandom },
    udp: [{ address: "127.0.0.1", port: 0 }],
    tcp: [{ address: "127.0.0.1", port: 0 }],
  });
  const transactions = createTransactions({
    ...{ transports, random: cryptoRandom },
    clock: { nowMs, after: systemClock.after },
  });
  const locator = createLocation({
    ...{ servers: [], protocols: ["udp", "tcp"], families: [4], random: cryptoRandom, clock: systemClock, nowMs },
  });
  await transports.start();
  ends.push(
    () => locator.stop(),
    () => transactions.stop(),
    () => transports.stop(),
  );
  const errors: unknown[] = [];
  const caller = createCaller({
    ...{ transactions, transports, locator, clock: systemClock, monotonicMs: nowMs },
    digests: createDigests(cryptoRandom, nowMs),
    tagFor: () => "our-tag",
    host: "our.example",
    userAgent: "OneRing",
    endWaitMs: 33_000,
    onError: (error) => errors.push(error),
  });
  return { caller, transactions, errors };
}

/** One call, hung up at its first 180, where `rung` is over; null: not at all. */
async function ring(
  port: number,
  protocol: Protocol,
  rung: (() => Promise<unknown>) | null = async () => undefined,
  changed: Partial<OutgoingCall> = {},
) {
  const { caller, transactions, errors } = await stack();
  const reports: string[] = [];
  const ending = await new Promise<CallEnding>((resolve) => {
    const call: OutgoingCall = {
      id: "attempt-1",
      hop: { host: "127.0.0.1", port, protocol },
      uri: `sip:+447700900123@127.0.0.1:${port}`,
      from: "<sip:+12025550147@our.example>",
      to: `<sip:+447700900123@127.0.0.1:${port}>`,
      contactUser: "+12025550147",
      headers: [],
      expiresSeconds: 60,
      limitMs: 10_000,
      ...changed,
    };
    const live = caller.place(call, {
      sent: () => reports.push("sent"),
      progress: () => reports.push("progress"),
      alerting: () => {
        reports.push("alerting");
        void rung?.().then(() => live.hangUp());
      },
      answered: () => reports.push("answered"),
      ended: resolve,
    });
  });
  expect(errors).toEqual([]);
  return { ending, reports, transactions };
}

async function carrier(options: SippOptions) {
  const sipp = await startSipp(options);
  ends.push(() => sipp.stop());
  return sipp;
}

describe.each(["udp", "tcp"] as const)("a short call over %s", (transport) => {
  it("rings and is canceled, with evidence of each message", async () => {
    const sipp = await carrier({ scenario: "ringing", transport, pauseMs: 50 });
    const { ending, reports } = await ring(sipp.port, transport);
    expect(reports).toEqual(["sent", "alerting"]);
    const { evidence } = ending;
    expect(ending).toMatchObject({ status: 487, missing: null, evidence: { over: true, forked: false } });
    const times = [evidence.inviteAtMs, evidence.respondedAtMs, evidence.alertingAtMs, evidence.canceledAtMs];
    expect(times.every((atMs, index) => index === 0 || Number(atMs) >= Number(times[index - 1]))).toBe(true);
    expect(Number(evidence.alertingAtMs) - evidence.inviteAtMs).toBeGreaterThanOrEqual(45);
    await sipp.waitFor((messages) => messages.some(({ startLine }) => startLine.startsWith("ACK ")));
  });

  it("acknowledges reliable responses through the dialog's route", async () => {
    const sipp = await carrier({ scenario: "reliable", transport });
    const isPrack = ({ startLine }: { startLine: string }) => startLine.startsWith("PRACK ");
    // SIPp can take no CANCEL while it has not answered the PRACK.
    const isOk = ({ startLine, direction }: { startLine: string; direction: string }) =>
      startLine === "SIP/2.0 200 OK" && direction === "sent";
    const acknowledged = () => sipp.waitFor((seen) => seen.filter(isOk).length === 2);
    const { ending, reports } = await ring(sipp.port, transport, acknowledged, { offers100rel: true });
    expect(reports).toEqual(["sent", "progress", "alerting"]);
    expect(ending).toMatchObject({ status: 487, missing: null });
    const messages = await sipp.waitFor((seen) => seen.some(({ startLine }) => startLine.startsWith("ACK ")));
    const pracks = messages.filter(isPrack);
    expect(pracks.map(({ startLine }) => startLine)).toEqual([
      `PRACK sip:gateway@192.0.2.99;transport=${transport.toUpperCase()} SIP/2.0`,
      `PRACK sip:gateway@192.0.2.99;transport=${transport.toUpperCase()} SIP/2.0`,
    ]);
    const texts = pracks.map((message) => JSON.stringify(message));
    expect(texts[0]).toContain("41 1 INVITE");
    expect(texts[1]).toContain("42 1 INVITE");
    expect(texts[0]).toContain(`sip:127.0.0.1:${sipp.port}`);
  });

  it("that is answered is acknowledged and hung up", async () => {
    const sipp = await carrier({ scenario: "answer", transport });
    const { ending, reports } = await ring(sipp.port, transport, null);
    expect(reports).toContain("answered");
    expect(ending).toMatchObject({ status: 200, evidence: { byeFrom: "us", over: true } });
    await sipp.waitFor((messages) => messages.some(({ startLine }) => startLine.startsWith("BYE ")));
  });
});

describe("a connection that breaks while the phone rings", () => {
  it("has the call canceled over another one, by the same branch", async () => {
    const received: string[] = [];
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      const connection = sockets.push(socket);
      socket.on("error", () => undefined);
      socket.on("data", (data) => {
        const text = data.toString("latin1");
        received.push(`${connection} ${text}`);
        if (!text.startsWith("INVITE ")) return;
        const copied = text.split("\r\n").filter((line) => /^(Via|From|Call-ID|CSeq):/.test(line));
        const to = /^To: .*$/m.exec(text)?.[0].trim();
        const lines = ["SIP/2.0 183 Session Progress", ...copied, `${to};tag=far`, "Content-Length: 0", "", ""];
        socket.write(lines.join("\r\n"), () => setTimeout(() => socket.destroy(), 30));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    ends.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { ending } = await ring(port, "tcp");
    expect(ending).toMatchObject({ status: null, missing: "transport", evidence: { over: false } });
    await expect.poll(() => received.length, { timeout: 5000 }).toBe(2);
    const [invite = "", cancel = ""] = received;
    expect([invite.slice(0, 9), cancel.slice(0, 9)]).toEqual(["1 INVITE ", "2 CANCEL "]);
    const line = (text: string, name: string) => new RegExp(`^${name}: .*$`, "m").exec(text)?.[0];
    for (const name of ["Via", "From", "To", "Call-ID"]) expect(line(cancel, name)).toBe(line(invite, name));
  });
});
