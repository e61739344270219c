/** The mail server of the sandbox, against the e-mail provider of the gateway. */
import { pino } from "pino";
import { afterEach, expect, it } from "vitest";
import { createEmailProvider } from "../../../../src/channels/email/provider.ts";
import { failureOf } from "../../../../src/sandbox/providers/failures.ts";
import type { FailureKind, StandInMessage } from "../../../../src/sandbox/providers/provider.ts";
import { createSmtpStandIn } from "../../../../src/sandbox/providers/smtp.ts";
import { systemClock } from "../../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import { configOf, message, sendBy } from "../../channels/email/support.ts";

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function sandbox() {
  const parts = { clock: systemClock, random: cryptoRandom, logger: pino({ level: "silent" }) };
  const standIn = createSmtpStandIn({ ...parts, timings: { deliveryMs: 1 } });
  const inbox: StandInMessage[] = [];
  standIn.onMessage((arrived) => inbox.push(arrived));
  await standIn.start();
  ends.push(() => standIn.stop());
  const { email } = standIn.config() as { email: Record<string, unknown> };
  const provider = createEmailProvider({ ...parts, config: configOf({ ...email, reply_timeout_ms: 500 }) });
  ends.push(() => provider.stop(0));
  await provider.start();
  return { standIn, inbox, provider };
}

it("a message arrives with its texts, sender and subject", async () => {
  const { inbox, provider } = await sandbox();
  expect((await sendBy(provider)).report.state).toBe("sent");
  await expect.poll(() => inbox).toHaveLength(1);
  expect(inbox[0]).toMatchObject({
    channel: "email",
    to: "ada@example.com",
    from: "verify@onering.example",
    subject: message.subject,
    html: expect.stringContaining(message.code),
  });
  expect(inbox[0]?.text.trim()).toBe(message.text);
});

it.each<[FailureKind, string, string, boolean]>([
  ["unknown_recipient", "failed", "invalid_recipient", false],
  ["not_reachable", "failed", "not_reachable", false],
  ["blocked", "failed", "blocked", false],
  ["throttled", "failed", "throttled", false],
  ["down", "failed", "provider_down", false],
  ["lost_answer", "failed", "unknown_result", true],
  ["no_receipt", "sent", "", false],
  // SMTP has no receipts: the message arrives.
  ["late_receipt", "sent", "", true],
])("%s: the delivery is %s %s, a message arrives: %s", async (kind, state, reason, arrives) => {
  const { standIn, inbox, provider } = await sandbox();
  standIn.setFailure(() => kind);
  const { report } = await sendBy(provider);
  expect(report).toMatchObject(state === "sent" ? { state } : { state, reason });
  // What would have arrived is before what does.
  standIn.setFailure(() => null);
  expect((await sendBy(provider, { to: "last@example.com" })).report.state).toBe("sent");
  await expect.poll(() => inbox.at(-1)?.to).toBe("last@example.com");
  expect(inbox.length).toBe(arrives ? 2 : 1);
});

it("failures are chosen by the end of the local part", async () => {
  const { standIn, provider } = await sandbox();
  standIn.setFailure(failureOf);
  const { report } = await sendBy(provider, { to: "ada921@example.com" });
  expect(report).toMatchObject({ state: "failed", reason: "invalid_recipient" });
  expect((await sendBy(provider, { to: "ada900@example.com" })).report.state).toBe("sent");
});

it("a wrong password is refused", async () => {
  const { standIn } = await sandbox();
  const { email } = standIn.config() as { email: { servers: [Record<string, unknown>] } };
  const config = configOf({ ...email, servers: [{ ...email.servers[0], password: "wrong" }] });
  const logger = pino({ level: "silent" });
  const provider = createEmailProvider({ config, clock: systemClock, random: cryptoRandom, logger });
  ends.push(() => provider.stop(0));
  await provider.start();
  expect(provider.health()).toMatchObject({ up: false, detail: expect.stringContaining("535") });
});
