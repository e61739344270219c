/** Password, DKIM key, code and address stand in no log line, report, health or doctor's finding, whatever goes wrong. */
import { generateKeyPairSync } from "node:crypto";
import { expect, it } from "vitest";
import { examineEmail } from "../../../../src/channels/email/doctor.ts";
import { fail, hint, ok, warn } from "../../../../src/doctor/finding.ts";
import type { SmtpStep } from "../../../../src/sandbox/providers/smtp-server-port.ts";
import { withCertificates } from "../../../support/certificates.ts";
import { configOf, message, pemOf, plain, sendBy, withMail } from "./support.ts";

const mail = withMail();
const certificate = withCertificates();

const login = { user: "onering", password: "kV7-unguessable-password" };
const to = "ada.lovelace@recipient.example";
const pem = generateKeyPairSync("rsa", { modulusLength: 2048 })
  .privateKey.export({ type: "pkcs8", format: "pem" })
  .toString();
const dkim = { domain: "example.com", selector: "s1", private_key: pem };

it.each<[string, SmtpStep, string]>([
  ["a recipient that is refused", "rcpt", `550 5.1.1 <${to}>: no such user`],
  ["a message that is refused", "end", `554 5.7.1 <${to}> ${message.code} looks like spam`],
  ["DATA that is refused", "data", `451 4.3.0 <${to}> ${message.code}`],
  ["greylisting", "rcpt", `451 4.7.1 <${to}> greylisted`],
  ["a reply that is none", "rcpt", `what is ${to}?`],
  ["a final reply that is none", "end", `what is ${to}?`],
  ["a login that is refused", "auth", "535 5.7.8 authentication failed"],
])("%s", async (_case, step, reply) => {
  const made = await certificate();
  const main = await mail.server({ security: "starttls", certificate: made, login });
  const entry = { ...plain(main), security: "starttls", ca: pemOf(made), ...login };
  const config = { servers: [entry], dkim, reply_timeout_ms: 500 };
  const seen: unknown[] = [];
  if (step === "auth") main.set(step, { kind: "reply", text: reply });
  const provider = await mail.provider(config);
  main.set(step, { kind: "reply", text: reply });
  const first = await sendBy(provider, { to }).catch((error: unknown) => error);
  seen.push(first, first instanceof Error && first.message, provider.health());
  main.set(step, { kind: "close" });
  const second = await sendBy(provider, { to }).catch((error: unknown) => error);
  seen.push(second, second instanceof Error && second.message, provider.health());
  seen.push(await examineEmail(configOf(config), { ok, hint, warn, fail }, async () => []));
  const text = `${JSON.stringify(seen)}\n${mail.log()}`;
  expect(mail.log()).not.toBe("");
  for (const secret of [
    to,
    "ada.lovelace",
    "recipient.example",
    message.code,
    login.password,
    Buffer.from(login.password).toString("base64"),
    Buffer.from(`\u0000${login.user}\u0000${login.password}`).toString("base64"),
    pem.split("\n")[1] ?? "",
  ]) {
    expect(text).not.toContain(secret);
  }
});
