/** Tokens as an app's backend verifies them, with a library that knows nothing of the gateway. */
import { createHmac } from "node:crypto";
import { createLocalJWKSet, decodeProtectedHeader, type JWTVerifyOptions, jwtVerify } from "jose";
import { pino } from "pino";
import { beforeEach, expect, it } from "vitest";
import type { ProofsConfig } from "../../../src/proofs/config.ts";
import { createProofs } from "../../../src/proofs/index.ts";
import { newProofKey } from "../../../src/proofs/keys.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { createHashes } from "../../../src/verification/hashes.ts";
import { createSealing, sealedSessionId } from "../../../src/verification/sealing.ts";
import type { Verification } from "../../../src/verification/types.ts";
import { channels, standing } from "../http/support.ts";

const hmacKey = "0123456789abcdef0123456789abcdef";
const sealing = createSealing(cryptoRandom, hmacKey);
const verifiedAtMs = Date.UTC(2026, 2, 1, 12, 1);
let nowMs = verifiedAtMs;
const clock = { nowMs: () => nowMs, after: () => () => undefined };
const redeemed = new Map<string, { readonly by: string; readonly untilMs: number }>();
const store = {
  async redeem(verification: string, by: string, rememberMs: number) {
    const known = redeemed.get(verification);
    const before = known !== undefined && nowMs < known.untilMs ? known.by : undefined;
    if (before === undefined) redeemed.set(verification, { by, untilMs: nowMs + rememberMs });
    return before === undefined || (before !== "" && before === by);
  },
};
const config = (more: Partial<ProofsConfig> = {}): ProofsConfig => ({
  ...{ issuer: "https://verify.example.com", ttl_seconds: 300, signing_key: newProofKey(), other_keys: [] },
  ...more,
});
/** @param slowMs by how much the gateway's clock is behind that of the store */
const proofsOf = (own: ProofsConfig | undefined, slowMs = 0) =>
  createProofs({
    ...{ config: own, store, channels, sealing, hashes: createHashes(hmacKey) },
    clock: { ...clock, nowMs: () => nowMs - slowMs },
    logger: pino({ level: "silent" }),
  });
const verified: Verification = {
  ...standing,
  ...{ status: "verified", proofDelivery: 1, endedAtMs: verifiedAtMs, reference: "sign-up 4711" },
  sealedSession: sealing.seal(sealedSessionId(standing.id), "session-81f0"),
};
const verify = (token: string | null, proofs: ReturnType<typeof proofsOf>, options: JWTVerifyOptions = {}) =>
  jwtVerify(token ?? "", createLocalJWKSet({ keys: proofs.keys().map((key) => ({ ...key })) }), {
    ...{ issuer: "https://verify.example.com", audience: "shop", algorithms: ["ES256"] },
    currentDate: new Date(clock.nowMs()),
    ...options,
  });

beforeEach(() => {
  redeemed.clear();
  nowMs = verifiedAtMs + 20_000;
});

it("says what was proven, for five minutes, and a library verifies it offline", async () => {
  const proofs = proofsOf(config());
  const token = proofs.tokenOf(verified);
  const { payload, protectedHeader } = await verify(token, proofs);
  expect(payload).toEqual({
    ...{ iss: "https://verify.example.com", aud: "shop", jti: standing.id },
    ...{ iat: verifiedAtMs / 1000, exp: verifiedAtMs / 1000 + 300 },
    ...{ to: standing.to, kind: "phone", channel: "missed_call", app: "shop", reference: "sign-up 4711" },
    ...{ session: "session-81f0", code: "gateway", test: false },
  });
  expect(protectedHeader).toEqual({ alg: "ES256", typ: "JWT", kid: proofs.keys()[0]?.kid });
});

it("is none before the verification and none after its life, and another app's library refuses it", async () => {
  const proofs = proofsOf(config());
  const { status, endedAtMs } = standing;
  expect(proofs.tokenOf({ ...verified, status, endedAtMs })).toBeNull();
  expect(proofs.tokenOf({ ...verified, status: "failed" })).toBeNull();
  const token = proofs.tokenOf(verified);
  await expect(verify(token, proofs, { audience: "bank" })).rejects.toThrow(/aud/);
  nowMs = verifiedAtMs + 300_000;
  expect(proofs.tokenOf(verified)).toBeNull();
  await expect(verify(token, proofs)).rejects.toThrow(/exp/);
  await expect(proofs.redeem("shop", String(token), null)).rejects.toMatchObject({ code: "proof_not_found" });
});

it("says that it is of a test number", async () => {
  const proofs = proofsOf(config());
  expect((await verify(proofs.tokenOf({ ...verified, simulated: "test" }), proofs)).payload.test).toBe(true);
});

it("keys rotate: the next one is published before it signs, the previous one is accepted afterwards", async () => {
  const [before, next] = [newProofKey(), newProofKey()];
  const proofs = proofsOf(config({ signing_key: before, other_keys: [next] }));
  const old = proofs.tokenOf(verified);
  const published = proofs.keys().map(({ kid }) => kid);
  expect(published).toHaveLength(2);
  proofs.reload(config({ signing_key: next, other_keys: [before] }));
  const token = String(proofs.tokenOf(verified));
  // A backend that has only the set of before knows the key.
  expect(published).toContain(decodeProtectedHeader(token).kid);
  for (const one of [old, token]) expect((await verify(one, proofs)).payload.jti).toBe(standing.id);
  await proofs.redeem("shop", String(old), null);
  proofs.reload(config({ signing_key: next }));
  await expect(verify(old, proofs)).rejects.toThrow(/no applicable key/);
});

it("is redeemed once, by the app that it is for; all tokens of one verification are one", async () => {
  const proofs = proofsOf(config());
  const [token, again] = [String(proofs.tokenOf(verified)), String(proofs.tokenOf(verified))];
  const refusal = await proofs.redeem("bank", token, null).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: "proof_not_found" });
  expect(await proofs.redeem("shop", token, null)).toMatchObject({ jti: standing.id, to: standing.to });
  // Neither is it told that it was used.
  await expect(proofs.redeem("shop", token, null)).rejects.toEqual(refusal);
  await expect(proofs.redeem("shop", again, null)).rejects.toEqual(refusal);
});

it("a request with the same Idempotency-Key gets the same answer, with another one none", async () => {
  const proofs = proofsOf(config());
  const token = String(proofs.tokenOf(verified));
  const first = await proofs.redeem("shop", token, "request-1");
  expect(await proofs.redeem("shop", token, "request-1")).toEqual(first);
  await expect(proofs.redeem("shop", token, "request-2")).rejects.toMatchObject({ code: "proof_not_found" });
  await expect(proofs.redeem("shop", token, null)).rejects.toMatchObject({ code: "proof_not_found" });
});

const notFound = { code: "proof_not_found" };

it("redeemed just before its end it is not redeemed again at a gateway whose clock is slow", async () => {
  const own = config();
  const [exact, slow] = [proofsOf(own), proofsOf(own, 2000)];
  const token = String(exact.tokenOf(verified));
  nowMs = verifiedAtMs + 299_000;
  expect(await exact.redeem("shop", token, null)).toMatchObject({ jti: standing.id });
  nowMs += 1500;
  await expect(slow.redeem("shop", token, null)).rejects.toMatchObject(notFound);
});

it("redeemed before a reload that prolongs proofs.ttl_seconds it is not redeemed again by a token of after it", async () => {
  const own = config({ ttl_seconds: 60 });
  const proofs = proofsOf(own);
  expect(await proofs.redeem("shop", String(proofs.tokenOf(verified)), null)).toMatchObject({ jti: standing.id });
  proofs.reload({ ...own, ttl_seconds: 300 });
  for (const afterMs of [60_001, 299_999]) {
    nowMs = verifiedAtMs + afterMs;
    const longer = String(proofs.tokenOf(verified));
    await expect(proofs.redeem("shop", longer, null)).rejects.toMatchObject(notFound);
  }
});

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
it.each<[string, (token: string, jwk: { kid: string }) => string]>([
  ["no signature (alg none)", (token, { kid }) => `${part({ alg: "none", kid })}.${token.split(".")[1]}.`],
  [
    "an HMAC with the public key",
    (token, jwk) => {
      const signed = `${part({ alg: "HS256", kid: jwk.kid })}.${token.split(".")[1]}`;
      return `${signed}.${createHmac("sha256", JSON.stringify(jwk)).update(signed).digest("base64url")}`;
    },
  ],
  ["other claims", (token) => `${token.split(".")[0]}.${part({ aud: "shop", exp: 9e9 })}.${token.split(".")[2]}`],
  ["an unknown key", (token) => `${part({ alg: "ES256", kid: "x" })}.${token.split(".").slice(1).join(".")}`],
  [
    "a name of Object's",
    (token) => `${part({ alg: "ES256", kid: "__proto__" })}.${token.split(".").slice(1).join(".")}`,
  ],
  ["a fourth part", (token) => `${token}.x`],
  ["text", () => "no token"],
  ["a very long text", (token) => token + "A".repeat(20_000)],
])("is not redeemed: %s", async (_what, forge) => {
  const proofs = proofsOf(config());
  const forged = forge(String(proofs.tokenOf(verified)), proofs.keys()[0] ?? { kid: "" });
  await expect(proofs.redeem("shop", forged, null)).rejects.toMatchObject({ code: "proof_not_found" });
  expect(redeemed.size).toBe(0);
});

it("is off without a configuration, and says so", async () => {
  const proofs = proofsOf(undefined);
  expect([proofs.enabled, proofs.keys(), proofs.tokenOf(verified)]).toEqual([false, [], null]);
  await expect(proofs.redeem("shop", "x", null)).rejects.toMatchObject({ code: "not_supported" });
});

it("costs a right check one signature of CPU time, and a wrong one nothing", () => {
  const proofs = proofsOf(config());
  const cost = (verification: Verification) => {
    proofs.tokenOf(verification);
    const before = process.cpuUsage();
    for (let i = 0; i < 1000; i++) proofs.tokenOf(verification);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const [right, wrong] = [cost(verified), cost({ ...verified, status: "delivered" })];
  expect(right).toBeLessThan(1000);
  expect(wrong).toBeLessThan(right / 10);
});
