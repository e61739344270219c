/** The bytes of a message, read back with another library. */
import { generateKeyPairSync } from "node:crypto";
import PostalMime from "postal-mime";
import { describe, expect, it } from "vitest";
import { createComposer, messageIdOf } from "../../../../src/channels/email/compose.ts";
import { manualClock } from "../../../support/manual-clock.ts";
import { message } from "./support.ts";

const clock = manualClock(Date.parse("2026-11-25T19:00:00Z"));
const compose = createComposer({ from: "verify@example.com", fromName: null, dkim: null, clock });
const read = async (bytes: Buffer) => PostalMime.parse(bytes);
const headerOf = (email: Awaited<ReturnType<typeof read>>, key: string) =>
  email.headers.filter((header) => header.key === key).map(({ value }) => value);

describe("headers", () => {
  it("are those of an automatic message, and no others", async () => {
    const email = await read(await compose(message));
    expect(email.from).toMatchObject({ name: "Example", address: "verify@example.com" });
    expect(email.to).toMatchObject([{ address: "ada@example.com" }]);
    expect(email.subject).toBe("Your Example verification code");
    expect(email.date).toBe("2026-11-25T19:00:00.000Z");
    expect(email.messageId).toBe(messageIdOf(message.deliveryId, "example.com"));
    expect(email.headers.map(({ key }) => key).sort()).toEqual([
      "auto-submitted",
      "content-language",
      "content-type",
      "date",
      "from",
      "message-id",
      "mime-version",
      "subject",
      "to",
      "x-auto-response-suppress",
    ]);
    expect(headerOf(email, "auto-submitted")).toEqual(["auto-generated"]);
    expect(headerOf(email, "content-language")).toEqual(["en"]);
  });

  it("Message-ID: the same for every try of a delivery, with the sender's domain, without the delivery's id", () => {
    const id = messageIdOf("v78ebPAf/1", "example.com");
    expect(id).toMatch(/^<[0-9a-f]{32}@example\.com>$/);
    expect(messageIdOf("v78ebPAf/1", "example.com")).toBe(id);
    expect(messageIdOf("v78ebPAf/2", "example.com")).not.toBe(id);
  });

  it.each([
    ["appName", "Evil\r\nBcc: eve@example.com"],
    ["appName", "Evil\u0000\u007f\nX-Evil: 1"],
    ["appName", 'Evil" <eve@example.com>, "x'],
    ["subject", "Evil\r\n\r\n<script>"],
    ["subject", "Evil\nBcc: eve@example.com"],
  ])("cannot be added to by %s %j", async (key, value) => {
    const email = await read(await compose({ ...message, [key]: value }));
    expect(email.headers).toHaveLength(10);
    expect(email.from).toMatchObject({ address: "verify@example.com" });
    expect(email.bcc).toBeUndefined();
    expect(email.to).toMatchObject([{ address: "ada@example.com" }]);
    expect(email.text?.trim()).toBe(message.text);
  });

  it("hold names and subjects of any script", async () => {
    const email = await read(await compose({ ...message, appName: "متجر", subject: "رمز التحقق", locale: "ar" }));
    expect([email.from?.name, email.subject]).toEqual(["متجر", "رمز التحقق"]);
  });
});

describe("the text", () => {
  it.each([
    ["English", "en", message.text],
    ["a long line", "en", `482913 is your code.\n${"It expires in ten minutes. ".repeat(8).trim()}`],
    ["a line with a dot", "en", "482913\n.\n..\n.hidden\nend"],
    ["From at the beginning", "en", "From us: 482913"],
    ["Arabic", "ar", "رمز التحقق:\n\n\u2068482913\u2069\n\nصالح لمدة 10 د."],
    ["Thai", "th", "รหัสยืนยันของคุณ:\n\n482913\n\nหมดอายุใน 10 นาที"],
    ["Chinese", "zh", "您的验证码：\n\n482913\n\n10 分钟内有效。"],
  ])("%s arrives as it was written, and in the HTML part too", async (_case, locale, text) => {
    const email = await read(await compose({ ...message, locale, text }));
    expect(email.text?.trim()).toBe(text);
    expect(email.html).toContain(`lang="${locale}"`);
    expect(email.html).toContain("482913");
    expect(email.attachments).toEqual([]);
  });

  it("has no line longer than 998 octets, and CRLF everywhere", async () => {
    const bytes = (await compose({ ...message, text: `482913 ${"x".repeat(900)}` })).toString("latin1");
    expect(Math.max(...bytes.split("\r\n").map((line) => line.length))).toBeLessThanOrEqual(998);
    expect(bytes.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  });
});

it("a message that cannot be signed is not made", async () => {
  // nodemailer signs with RSA only, and drops the signature of any other key without a word.
  const { privateKey } = generateKeyPairSync("ed25519");
  const dkim = { domain: "example.com", selector: "s1", key: privateKey };
  const unsigned = createComposer({ from: "verify@example.com", fromName: null, dkim, clock });
  await expect(unsigned(message)).rejects.toThrow("could not be signed");
});
