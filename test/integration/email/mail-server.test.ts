/** E-mail through a real mail server (Exim) into a Maildir, read back and verified by other libraries. */
import { generateKeyPairSync } from "node:crypto";
import { pino } from "pino";
import PostalMime from "postal-mime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dkimRecord } from "../../../src/channels/email/dkim-key.ts";
import { examineEmail } from "../../../src/channels/email/doctor.ts";
import { createEmailProvider } from "../../../src/channels/email/provider.ts";
import type { MessageProvider } from "../../../src/channels/messages/provider-port.ts";
import { fail, hint, ok, warn } from "../../../src/doctor/finding.ts";
import { runtimeDir } from "../../../src/local/fetch/paths.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { withCertificates } from "../../support/certificates.ts";
import { verifyDkim } from "../../support/dkim.ts";
import { type Exim, startExim } from "../../support/exim.ts";
import { ensureInterpreters } from "../../support/fetch/interpreters.ts";
import { findMailPrograms } from "../../support/fetch/mail-programs.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";
import { configOf, message, pemOf, sendBy } from "../../unit/channels/email/support.ts";

const fetchDeadlineMs = 10 * 60_000;
const certificate = withCertificates();
const login = { user: "onering", password: "correct-horse-battery" };
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const dkim = { domain: "sender.test", selector: "onering1", private_key: pem };
const record = dkimRecord(dkim.domain, dkim.selector, privateKey);
const logged: string[] = [];

let exim: Exim;
let config: ReturnType<typeof configOf>;
let provider: MessageProvider;

// dkimpy needs Python, which a machine may lack.
beforeAll(() => ensureInterpreters(runtimeDir, () => {}), fetchDeadlineMs);

beforeAll(async () => {
  const programs = await findMailPrograms(runtimeDir);
  if (programs === undefined) throw new Error("Exim is not here yet: run `npm run runtime -- --for-tests`");
  const made = await certificate();
  exim = await startExim(programs, { domain: "receiver.test", login, certificate: made });
  const server = { name: "exim", host: "127.0.0.1", port: exim.port, security: "starttls", ca: pemOf(made) };
  // Twenty messages wait for a few connections; on a busy machine each of them takes a second.
  config = configOf({ from: "verify@sender.test", servers: [{ ...server, ...login }], dkim, max_wait_ms: 10_000 });
  const logger = pino({ level: "trace" }, { write: (line: string) => void logged.push(line) });
  provider = createEmailProvider({ config, clock: systemClock, random: cryptoRandom, logger });
  await provider.start();
});

afterAll(async () => {
  await provider?.stop(1000);
  await exim?.stop();
});

/** The message that arrives next. */
async function arrival(before: number): Promise<Buffer> {
  await expect.poll(async () => (await exim.messages()).length).toBe(before + 1);
  const newest = (await exim.messages()).at(-1);
  if (newest === undefined) throw new Error("no message");
  return newest;
}

describe("a message through Exim", () => {
  it.each([
    ["en", message.text, message.subject, "Example"],
    [
      "ar",
      "رمز التحقق الخاص بك في متجر:\n\n\u2068482913\u2069\n\nصالح لمدة 10 د.",
      "رمز التحقق الخاص بك في متجر",
      "متجر",
    ],
    ["th", `รหัสยืนยันของคุณ:\n\n482913\n\n${"หมดอายุใน 10 นาที ".repeat(20).trim()}`, "รหัสยืนยัน", "ร้านค้า"],
    ["en", "482913\n.\n..leading dots\nFrom here on", "dots", "Dots"],
  ])("in %s arrives as written, and its signature verifies", async (locale, text, subject, appName) => {
    const before = (await exim.messages()).length;
    const { report } = await sendBy(provider, { to: "ada@receiver.test", locale, text, subject, appName });
    expect(report).toMatchObject({ state: "sent", result: { server: "exim" } });
    const raw = await arrival(before);
    const email = await PostalMime.parse(raw);
    expect(email.text?.trim()).toBe(text);
    expect(email.subject).toBe(subject);
    expect(email.from).toMatchObject({ name: appName, address: "verify@sender.test" });
    expect(email.html).toContain(`lang="${locale}"`);
    expect(email.returnPath ?? "").toContain("verify@sender.test");
    // Exim adds its own headers in front, with the line ends of the Maildir: a verifier gets CRLF.
    const wire = Buffer.from(raw.toString("latin1").replace(/\r?\n/g, "\r\n"), "latin1");
    expect(await verifyDkim(wire, { [record.name]: record.text })).toBe(true);
    const forged = Buffer.from(wire.toString("latin1").replace("Subject:", "Subject: Fwd:"), "latin1");
    expect(await verifyDkim(forged, { [record.name]: record.text })).toBe(false);
  });

  it("goes over TLS and a login, many over one connection", async () => {
    const before = (await exim.messages()).length;
    const reports = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        sendBy(provider, { to: `ada${index}@receiver.test`, deliveryId: `v1/${index}` }),
      ),
    );
    expect(reports.map(({ report }) => report.state)).toEqual(Array(20).fill("sent"));
    await expect.poll(async () => (await exim.messages()).length).toBe(before + 20);
    const ids = (await exim.messages()).slice(before).map((raw) => /^Message-ID: (.*)$/im.exec(raw.toString())?.[1]);
    expect(new Set(ids).size).toBe(20);
    expect(await exim.log()).toMatch(/<= verify@sender\.test .*P=esmtpsa .*A=plain:onering/);
  });
});

describe("what Exim refuses", () => {
  it.each([
    ["nobody@receiver.test", {}, "invalid_recipient", "550 5.1.1"],
    ["full@receiver.test", {}, "not_reachable", "552 5.2.2"],
    ["later@receiver.test", {}, "throttled", "451 4.7.1"],
    ["ada@elsewhere.test", {}, "rejected", "550 5.7.1"],
    ["ada@receiver.test", { subject: "spam" }, "blocked", "554 5.7.1"],
  ] as const)("%s %j: %s", async (to, more, reason, smtpReply) => {
    const before = (await exim.messages()).length;
    const { report } = await sendBy(provider, { to, ...more });
    expect(report).toEqual({ state: "failed", reason, result: { server: "exim", smtp_reply: smtpReply } });
    expect((await sendBy(provider, { to: "ada@receiver.test" })).report.state).toBe("sent");
    await arrival(before);
  });
});

it("an answer that is lost after the message: unknown_result, one message, and no other server is asked", async () => {
  const proxy = await startTcpProxy(exim.port, "bytes");
  const [server] = config.servers;
  const servers = [{ ...server, name: "lossy", port: proxy.port }, server];
  const logger = pino({ level: "silent" });
  const lossy = createEmailProvider({
    config: { ...config, servers: servers as typeof config.servers, reply_timeout_ms: 3000 },
    clock: systemClock,
    random: cryptoRandom,
    logger,
  });
  await lossy.start();
  const before = (await exim.messages()).length;
  const sending = sendBy(lossy, { to: "ada@receiver.test", subject: "slow" });
  await expect.poll(() => exim.isReceiving(), { interval: 20 }).toBe(true);
  proxy.blackHole();
  const { report } = await sending;
  expect(report).toEqual({
    state: "failed",
    reason: "unknown_result",
    result: { server: "lossy", smtp_reply: null },
  });
  await arrival(before);
  await lossy.stop(0);
  await proxy.close();
  expect(await exim.messages()).toHaveLength(before + 1);
});

it("doctor finds the server, the login and the key", async () => {
  const findings = await examineEmail(config, { ok, hint, warn, fail }, async (name) => {
    if (name === record.name) return [[record.text]];
    throw Object.assign(new Error("none"), { code: "ENOTFOUND" });
  });
  expect(findings.filter(({ level }) => level === "fail")).toEqual([]);
  expect(findings[0]?.what).toContain("certificate verified, logged in");
});

it("no log line has the code, an address, the password or the key", async () => {
  const text = logged.join("");
  for (const secret of ["482913", "receiver.test", login.password, Buffer.from(login.password).toString("base64")]) {
    expect(text).not.toContain(secret);
  }
  expect(text).not.toContain(pem.split("\n")[1]);
});
