import { createECDH } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRegistration, pushServices, registrationText } from "../../../../src/channels/push/registration.ts";
import { apnsTo, fcmTo } from "../../../support/push-services.ts";

const browser = createECDH("prime256v1");
browser.generateKeys();
const p256dh = browser.getPublicKey().toString("base64url");
const auth = "BTBZMqHH6r4Tts7J_aSIgg";
const endpoint = "https://fcm.googleapis.com/fcm/send/abc:def";
const isPushService = pushServices(
  ["fcm.googleapis.com", "*.push.services.mozilla.com", "*.notify.windows.com", "web.push.apple.com"],
  ["http://127.0.0.1:4010"],
);

function canonical(text: string): string {
  const parsed = parseRegistration(text, isPushService);
  return "problem" in parsed ? `problem: ${parsed.problem}` : registrationText(parsed.registration);
}
const subscription = (own: object = {}, keys: object = {}) =>
  JSON.stringify({ endpoint, expirationTime: null, keys: { auth, p256dh, ...keys }, ...own });

it("FCM and APNs tokens; the latter in lower case", () => {
  expect(canonical(fcmTo)).toBe(fcmTo);
  expect(canonical(apnsTo.replace("0a1b", "0A1B"))).toBe(apnsTo);
});

it("a subscription: endpoint and keys in one order and one alphabet, nothing else", () => {
  const expected = JSON.stringify({ endpoint, keys: { p256dh, auth } });
  expect(canonical(subscription())).toBe(expected);
  const padded = Buffer.from(p256dh, "base64url").toString("base64");
  expect(canonical(subscription({ extra: 1 }, { p256dh: padded, auth: `${auth}==` }))).toBe(expected);
  expect(canonical(expected)).toBe(expected);
});

it.each([
  "https://updates.push.services.mozilla.com/wpush/v2/x",
  "https://db5p.notify.windows.com/w/?token=x",
  "https://web.push.apple.com/Qx",
  "http://127.0.0.1:4010/push/x",
])("%s is at a listed service", (url) => {
  expect(canonical(subscription({ endpoint: url }))).toContain(url);
});

it("no text makes it throw, and a canonical form is its own canonical form", () => {
  const tokens = fc.tuple(fc.constantFrom("fcm:", "apns:", "{"), fc.string()).map((parts) => parts.join(""));
  const valid = fc.constantFrom(fcmTo, apnsTo, subscription());
  fc.assert(
    fc.property(fc.oneof(fc.string(), tokens, valid, fc.json()), (text) => {
      const form = canonical(text);
      if (!form.startsWith("problem: ")) expect(canonical(form)).toBe(form);
    }),
  );
});

describe("refused", () => {
  it.each([
    "https://evil.example/fcm.googleapis.com",
    "https://fcm.googleapis.com.evil.example/x",
    "https://evilfcm.googleapis.com/x",
    "https://notify.windows.com/x",
    "https://xnotify.windows.com/x",
    "https://fcm.googleapis.com:8443/x",
    "http://fcm.googleapis.com/x",
    "https://user:pass@fcm.googleapis.com/x",
    "https://fcm.googleapis.com/x#y",
    "https://169.254.169.254/latest",
    "https://127.0.0.1:4010/x",
    "http://127.0.0.1:4011/x",
    "javascript:alert(1)",
    "not a url",
    `https://fcm.googleapis.com/${"x".repeat(1100)}`,
    7,
  ])("the endpoint %s", (url) => {
    expect(canonical(subscription({ endpoint: url }))).toMatch(/^problem: endpoint/);
  });

  const offCurve = Buffer.alloc(65, 1);
  offCurve[0] = 4;
  it.each([
    ["a point that is not on the curve", { p256dh: offCurve.toString("base64url") }, "p256dh"],
    ["a compressed point", { p256dh: browser.getPublicKey("base64url", "compressed") }, "p256dh"],
    ["no point", { p256dh: undefined }, "p256dh"],
    ["a secret of 15 bytes", { auth: auth.slice(0, 20) }, "auth"],
    ["no secret", { auth: undefined }, "auth"],
  ])("%s", (_, keys, expected) => {
    expect(canonical(subscription({}, keys))).toContain(`problem: keys.${expected}`);
  });

  it.each([
    "",
    "fcm:",
    "fcm:short",
    `fcm:${"a".repeat(1025)}`,
    `fcm:${"a".repeat(40)}/../../x`,
    "apns:xyz",
    `apns:${"a".repeat(63)}`,
    `apns:${"a".repeat(202)}`,
    "{",
    "{}",
    "[]",
    '{"endpoint":"https://fcm.googleapis.com/x","keys":null}',
    "+447911123456",
    `{${" ".repeat(3000)}}`,
  ])("%s", (text) => {
    expect(canonical(text)).toMatch(/^problem: /);
  });

  it("quotes nothing of the registration", () => {
    expect(canonical(`fcm:${"s3cret".repeat(3)}!`)).not.toContain("s3cret");
    expect(canonical(subscription({ endpoint: "https://s3cret.example/s3cret" }))).not.toContain("s3cret");
  });
});
