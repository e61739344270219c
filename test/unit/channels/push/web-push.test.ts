/** The cryptography of Web Push against the RFCs' own examples. */
import { createECDH, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { encryptForBrowser, maxPlainBytes } from "../../../../src/channels/push/web-push/encrypt.ts";
import { createVapid, vapidKeys } from "../../../../src/channels/push/web-push/vapid.ts";
import { readJwt } from "../../../../src/sandbox/providers/jwt.ts";
import { decrypt, publicKeyOf } from "../../../../src/sandbox/providers/web-push-server.ts";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import { manualClock } from "../../../support/manual-clock.ts";

const bytes = (text: string) => Buffer.from(text, "base64url");

describe("RFC 8291", () => {
  it("gives the message of its appendix A, byte for byte", () => {
    const random = { below: () => 0, bytes: () => bytes("DGv6ra1nlYgDCS1FRnbzlw") };
    const message = encryptForBrowser(
      Buffer.from("When I grow up, I want to be a watermelon"),
      {
        p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        auth: "BTBZMqHH6r4Tts7J_aSIgg",
      },
      random,
      bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
    );
    expect(message.toString("base64url")).toBe(
      "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
    );
  });

  it("the browser reads what was sent to it, of any length up to the limit, and nobody else does", () => {
    const keys = createECDH("prime256v1");
    keys.generateKeys();
    const browser = { keys, auth: randomBytes(16) };
    const recipient = { p256dh: keys.getPublicKey().toString("base64url"), auth: browser.auth.toString("base64url") };
    for (const length of [0, 1, 100, maxPlainBytes]) {
      const plain = randomBytes(length);
      const message = encryptForBrowser(plain, recipient, cryptoRandom);
      expect(message.length).toBeLessThanOrEqual(4096);
      expect(decrypt(message, browser).equals(plain)).toBe(true);
      expect(() => decrypt(message, { ...browser, auth: randomBytes(16) })).toThrow();
    }
  });

  it("two messages share neither salt nor key", () => {
    const keys = createECDH("prime256v1");
    keys.generateKeys();
    const recipient = {
      p256dh: keys.getPublicKey().toString("base64url"),
      auth: bytes("BTBZMqHH6r4Tts7J_aSIgg").toString("base64url"),
    };
    const [one, two] = [1, 2].map(() => encryptForBrowser(Buffer.from("x"), recipient, cryptoRandom));
    expect(one?.subarray(0, 16).equals(two?.subarray(0, 16) ?? Buffer.alloc(0))).toBe(false);
    expect(one?.subarray(21, 86).equals(two?.subarray(21, 86) ?? Buffer.alloc(0))).toBe(false);
  });
});

describe("RFC 8292", () => {
  const pair = createECDH("prime256v1");
  pair.generateKeys();
  const publicKey = pair.getPublicKey().toString("base64url");
  const privateKey = Buffer.concat([Buffer.alloc(32), pair.getPrivateKey()])
    .subarray(-32)
    .toString("base64url");

  it("the header carries a token for the push service that the public key verifies; it is made anew after an hour", () => {
    const keys = vapidKeys(publicKey, privateKey);
    if (keys === null) throw new Error("no pair");
    const clock = manualClock(Date.UTC(2026, 0, 1));
    const vapid = createVapid(keys, "mailto:operator@onering.example", clock);
    const header = vapid.authorization("https://fcm.googleapis.com");
    const [, token = "", key] = /^vapid t=(.+), k=(.+)$/.exec(header) ?? [];
    expect(key).toBe(publicKey);
    expect(readJwt(token, publicKeyOf(pair.getPublicKey()))).toEqual({
      header: { typ: "JWT", alg: "ES256" },
      claims: {
        aud: "https://fcm.googleapis.com",
        exp: Date.UTC(2026, 0, 1, 12) / 1000,
        sub: "mailto:operator@onering.example",
      },
    });
    clock.pass(3_599_000);
    expect(vapid.authorization("https://fcm.googleapis.com")).toBe(header);
    clock.pass(1000);
    expect(vapid.authorization("https://fcm.googleapis.com")).not.toBe(header);
    expect(vapid.authorization("https://web.push.apple.com")).not.toBe(
      vapid.authorization("https://fcm.googleapis.com"),
    );
  });

  it("two keys that are no pair are not taken", () => {
    const other = createECDH("prime256v1");
    other.generateKeys();
    expect(vapidKeys(other.getPublicKey().toString("base64url"), privateKey)).toBeNull();
    expect(vapidKeys(publicKey, "AA")).toBeNull();
    expect(vapidKeys(publicKey, Buffer.alloc(32).toString("base64url"))).toBeNull();
  });
});
