/** One call of the driver over UDP: what it signs, what its trace and the HEP collector see, and what the log must not. */
import { createSecretKey, randomBytes, X509Certificate } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { Writable } from "node:stream";
import { compactVerify } from "jose";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../../src/local/process/free-port.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { parseHep } from "../../../src/sip/hep.ts";
import type { CallEvent } from "../../../src/telephony/call-control/port.ts";
import { createSipTrunks, type SipTrunks } from "../../../src/telephony/sip-trunks/index.ts";
import { createStiAuthority, type StiAuthority, type StiCertificate } from "../../support/sti-certificates.ts";
import { testConfig } from "../../support/test-config.ts";

const e164 = { callee: "+447700900123", callerId: "+12025550147" };
const request = { endpoint: "a", callee: "9990447700900123", callerId: "12025550147", e164, failSafeSeconds: 30 };

let authority: StiAuthority;
let own: StiCertificate;
let next: StiCertificate;
let carrier: { readonly socket: Socket; readonly received: string[] };
let collector: { readonly socket: Socket; readonly packets: Buffer[] };
let trunks: SipTrunks;
const events: CallEvent[] = [];
const log: string[] = [];

async function bound(): Promise<Socket> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return socket;
}

/** Rings, and ends with 487 when it is canceled. */
async function startCarrier() {
  const socket = await bound();
  const received: string[] = [];
  socket.on("message", (datagram, { port }) => {
    const text = datagram.toString("latin1");
    received.push(text);
    const copied = text.split("\r\n").filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
    const answer = (status: string, cseq?: string) => {
      const lines = copied.map((line) => {
        if (line.startsWith("To:") && !line.includes(";tag=")) return `${line};tag=far`;
        return cseq !== undefined && line.startsWith("CSeq:") ? cseq : line;
      });
      socket.send([`SIP/2.0 ${status}`, ...lines, "Content-Length: 0", "", ""].join("\r\n"), port, "127.0.0.1");
    };
    if (text.startsWith("INVITE")) answer("180 Ringing");
    if (text.startsWith("CANCEL")) {
      answer("200 OK");
      answer("487 Terminated 12025550147", "CSeq: 1 INVITE");
    }
  });
  return { socket, received };
}

beforeAll(async () => {
  authority = await createStiAuthority();
  [own, next] = [await authority.issue(), await authority.issue()];
  carrier = await startCarrier();
  const socket = await bound();
  const packets: Buffer[] = [];
  collector = { socket: socket.on("message", (packet) => packets.push(packet)), packets };
  const { sip, trunks: configured } = testConfig({
    sip: {
      ...{ host: "127.0.0.1", udp_port: await freePort("udp"), trace_calls: 10 },
      hep: { host: "127.0.0.1", port: socket.address().port },
      identity: identityOf(own),
    },
    trunks: { a: { sip: trunkOf(carrier.socket.address().port), ranges: ["block"] } },
  });
  if (sip === undefined) throw new Error("no section sip");
  const stream = new Writable({
    write(chunk, _, done) {
      log.push(String(chunk));
      done();
    },
  });
  trunks = createSipTrunks({
    ...{ config: { sip, trunks: configured }, tagKey: createSecretKey(randomBytes(32)) },
    ...{ clock: systemClock, random: cryptoRandom, logger: pino({ level: "trace" }, stream) },
  });
  trunks.control.onEvent((event) => events.push(event));
  await trunks.control.start();
});
afterAll(async () => {
  await trunks?.control.stop();
  carrier?.socket.close();
  collector?.socket.close();
  await authority?.remove();
});

const identityOf = ({ key, cert }: StiCertificate) => ({
  ...{ private_key: key, certificate: cert, x5u: "https://certs.our.example/a.pem", attestation: "A" },
});
const trunkOf = (port: number) => ({
  ...{ host: "127.0.0.1", port, transport: "udp", qualify_seconds: 0 },
  identity: { privacy: "none", extra_headers: [{ name: "X-Account", value: "42" }] },
});

/** Rings and is canceled. @returns its INVITE as the carrier received it */
async function call(callId: string): Promise<string> {
  const before = carrier.received.length;
  await trunks.control.originate({ ...request, callId });
  const has = (type: CallEvent["type"]) => events.some((event) => event.callId === callId && event.type === type);
  await expect.poll(() => has("alerting"), { interval: 5 }).toBe(true);
  await trunks.control.hangup(callId);
  await expect.poll(() => has("ended"), { interval: 5 }).toBe(true);
  return carrier.received.slice(before).find((text) => text.startsWith("INVITE")) ?? "";
}

const headerOf = (message: string, name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(message)?.[1]?.trim() ?? "";

async function signedWith(invite: string, certificate: StiCertificate): Promise<unknown> {
  const key = new X509Certificate(certificate.cert).publicKey;
  const { payload } = await compactVerify(headerOf(invite, "Identity").split(";")[0] ?? "", key);
  return JSON.parse(Buffer.from(payload).toString());
}

it("is signed in E.164 whatever the trunk's format, with its rules, and by another key after a reload", async () => {
  const invite = await call("v1-1");
  expect(await signedWith(invite, own)).toMatchObject({
    ...{ attest: "A", orig: { tn: "12025550147" }, dest: { tn: ["447700900123"] } },
  });
  expect(Math.abs(Date.parse(headerOf(invite, "Date")) - Date.now())).toBeLessThan(10_000);
  expect(invite).toMatch(/^INVITE sip:9990447700900123@127\.0\.0\.1:\d+ SIP/);
  expect(headerOf(invite, "From")).toMatch(/^<sip:12025550147@127\.0\.0\.1>;tag=/);
  expect(headerOf(invite, "P-Asserted-Identity")).toBe("<sip:12025550147@127.0.0.1>");
  expect([headerOf(invite, "Privacy"), headerOf(invite, "X-Account")]).toEqual(["none", "42"]);
  expect(headerOf(invite, "Contact")).not.toContain("2025550147");
  trunks.reloadIdentity({ ...identityOf(next), attestation: "B" });
  expect(await signedWith(await call("v1-2"), next)).toMatchObject({ attest: "B" });
});

it("has a trace with its messages, without a number", async () => {
  await call("v2-1");
  await expect
    .poll(() => trunks.traces?.find("v2")[0]?.messages.map(({ direction, what }) => `${direction} ${what}`), {
      interval: 5,
    })
    .toEqual([
      "out INVITE",
      "in 180 Ringing to INVITE",
      "out CANCEL",
      "in 200 OK to CANCEL",
      "in 487 Terminated *********** to INVITE",
      "out ACK",
    ]);
  // Times are left out: their digits are any.
  const isTime = (key: string) => key === "ms" || key === "startedAtMs";
  const text = JSON.stringify(trunks.traces?.find("v2"), (key, value) => (isTime(key) ? undefined : value));
  expect(text).toContain(`"callerId":"+1202*******"`);
  for (const secret of ["0147", "0123"]) expect(text).not.toContain(secret);
});

it("reaches the collector message by message", async () => {
  const before = collector.packets.length;
  await call("v3-1");
  const messages = () => {
    const all = collector.packets.slice(before).map((packet) => parseHep(packet, null)?.sip.toString("latin1") ?? "");
    // The end of the call before may come late.
    const first = all.findIndex((text) => text.startsWith("INVITE "));
    return first === -1 ? [] : all.slice(first);
  };
  await expect.poll(() => messages().length, { interval: 5 }).toBeGreaterThanOrEqual(6);
  expect(messages().some((text) => text.startsWith("SIP/2.0 487"))).toBe(true);
  expect(messages()[0]).toBe(carrier.received.findLast((text) => text.startsWith("INVITE")));
});

it("leaves neither number nor key in the log", () => {
  const text = log.join("");
  expect(text).toContain("calls are signed");
  for (const secret of ["2025550147", "7700900123", own.key.split("\n")[1] ?? ""]) expect(text).not.toContain(secret);
});
