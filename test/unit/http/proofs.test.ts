/** Where answers have a signed result, and where not. */
import { expect, it } from "vitest";
import type { Proofs } from "../../../src/proofs/index.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import { ask, secretCode, standing, testServer } from "./support.ts";

const jwk = { kty: "EC", crv: "P-256", x: "x", y: "y", kid: "key-1", use: "sig", alg: "ES256" } as const;
const signed: { calls: number } & Proofs = {
  calls: 0,
  enabled: true,
  tokenOf({ status }) {
    signed.calls++;
    return status === "verified" ? "a.b.c" : null;
  },
  keys: () => [jwk],
  async redeem(app, token, by) {
    if (token !== "a.b.c") throw new Refusal("proof_not_found", "No such result.");
    const claims = { iss: "onering", aud: app, jti: standing.id, iat: 1_772_366_460, exp: 1_772_366_760 };
    const proven = { to: standing.to, kind: "phone", channel: "missed_call", code: "gateway", test: false } as const;
    return { ...claims, ...proven, app, reference: by, session: null };
  },
  reload: () => undefined,
};
const url = `/v1/verifications/${standing.id}`;

it("the right check has one, a wrong one has null and is not signed", async () => {
  const { server } = await testServer({ proofs: signed });
  signed.calls = 0;
  expect((await ask(server, "POST", `${url}/check`, { code: "0000" })).json()).toMatchObject({ proof_token: null });
  expect(signed.calls).toBe(0);
  const right = (await ask(server, "POST", `${url}/check`, { code: secretCode })).json();
  expect(right).toMatchObject({ valid: true, proof_token: "a.b.c" });
  expect((await ask(server, "GET", url)).json()).toMatchObject({ status: "verified", proof_token: "a.b.c" });
  const byNumber = { to: standing.to, code: "0000" };
  expect((await ask(server, "POST", "/v1/verifications/check", byNumber)).json().proof_token).toBeNull();
});

it("without signed results no answer has the field, and the set of keys is empty", async () => {
  const { server } = await testServer();
  const check = (await ask(server, "POST", `${url}/check`, { code: secretCode })).json();
  expect([check.valid, "proof_token" in check]).toEqual([true, false]);
  expect("proof_token" in (await ask(server, "GET", url)).json()).toBe(false);
  expect((await server.inject("/.well-known/jwks.json")).json()).toEqual({ keys: [] });
});

it("the keys are public, and caches may keep them for as long as a new one is published before it signs", async () => {
  const { server } = await testServer({ proofs: signed });
  const answer = await server.inject("/.well-known/jwks.json");
  expect(answer.json()).toEqual({ keys: [jwk] });
  expect(answer.headers).toMatchObject({ "cache-control": "public, max-age=300", "access-control-allow-origin": "*" });
});

it("redeeming says what was proven", async () => {
  const { server } = await testServer({ proofs: signed });
  const redeem = (token: string) =>
    ask(server, "POST", "/v1/proofs/redeem", { token }, { "idempotency-key": "request-1" });
  expect((await redeem("a.b.c")).json()).toEqual({
    ...{ verification: standing.id, to: standing.to, kind: "phone", channel: "missed_call", app: "shop" },
    ...{ reference: "request-1", session: null, code: "gateway", test: false },
    ...{ verified_at: "2026-03-01T12:01:00.000Z", expires_at: "2026-03-01T12:06:00.000Z" },
  });
  const refused = await redeem("x");
  expect([refused.status, refused.json().code]).toEqual([404, "proof_not_found"]);
});
