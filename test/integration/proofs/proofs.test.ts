/** Signed results of real verifications: verified offline by a library that fetches the keys, redeemed over two gateways once. */
import { createRemoteJWKSet, jwtVerify } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { newProofKey } from "../../../src/proofs/keys.ts";
import { withRuntime } from "../../support/processes.ts";
import { type SubjectGateway, startSubjectGateway } from "../subjects/gateway.ts";

const runtime = withRuntime();
const grace = "+447400123456";
const session = "session-of-grace-81f0";

describe("signed results", () => {
  const signingKey = newProofKey();
  let [one, two]: SubjectGateway[] = [];
  beforeEach(async () => {
    const redis = await runtime.redis();
    const more = { proofs: { issuer: "https://verify.example.com", signing_key: signingKey } };
    const open = () => startSubjectGateway(redis.url, "off", more);
    [one, two] = [await open(), await open()];
    return async () => {
      await Promise.all([one?.stop(), two?.stop()]);
      await redis.stop();
    };
  });
  const gateway = () => {
    if (one === undefined || two === undefined) throw new Error("not started");
    return { one, two };
  };

  /** Starts, reads the code that was sent, checks a wrong one and then the right one. */
  async function verify() {
    const { one } = gateway();
    const body = { to: grace, channel: "memory", reference: "sign-up 4711", client: { session } };
    const { json: started } = await one.ask("shop", "POST", "/v1/verifications", body);
    const id = String(started.id);
    await expect.poll(() => one.provider.sent.length).toBeGreaterThan(0);
    const { code } = one.provider.sent.at(-1) ?? { code: "" };
    const check = (guess: string) => one.ask("shop", "POST", `/v1/verifications/${id}/check`, { code: guess });
    const wrong = (await check(code === "000000" ? "000001" : "000000")).json;
    return { id, started, wrong, right: (await check(code)).json };
  }

  it("come with the right check, not with a wrong one, and are verified offline", async () => {
    const { one, two } = gateway();
    const { id, started, wrong, right } = await verify();
    expect([started.proof_token, wrong.valid, wrong.proof_token]).toEqual([null, false, null]);
    const keys = createRemoteJWKSet(new URL(`${two.url}/.well-known/jwks.json`));
    const options = { issuer: "https://verify.example.com", audience: "shop", algorithms: ["ES256"] };
    const { payload } = await jwtVerify(String(right.proof_token), keys, options);
    expect(payload).toMatchObject({
      ...{ to: grace, kind: "phone", channel: "memory", app: "shop", reference: "sign-up 4711", session },
      ...{ code: "gateway", test: false, jti: id },
    });
    expect(Number(payload.exp) - Number(payload.iat)).toBe(300);
    // A client that polled, and lost the answer to the check.
    const read = (await two.ask("shop", "GET", `/v1/verifications/${id}`)).json;
    expect((await jwtVerify(String(read.proof_token), keys, options)).payload).toEqual(payload);
    await expect(jwtVerify(String(right.proof_token), keys, { ...options, audience: "bank" })).rejects.toThrow();
    const jwks = await fetch(`${one.url}/.well-known/jwks.json`);
    expect(jwks.headers.get("cache-control")).toBe("public, max-age=300");
    expect(Object.keys(((await jwks.json()) as { keys: object[] }).keys[0] ?? {}).sort()).toEqual(
      ["alg", "crv", "kid", "kty", "use", "x", "y"].sort(),
    );
  });

  it("are redeemed once, whatever comes at the same time over two gateways", async () => {
    const { one, two } = gateway();
    const { id, right } = await verify();
    const token = String(right.proof_token);
    const redeem = (at: SubjectGateway, who: "shop" | "bank" = "shop", key?: string) =>
      at.ask(who, "POST", "/v1/proofs/redeem", { token }, key);
    const { instance: _, ...foreign } = (await redeem(one, "bank")).json as Record<string, unknown>;
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => redeem(i % 2 ? one : two)));
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(won[0]?.json).toMatchObject({
      verification: id,
      to: grace,
      session,
      reference: "sign-up 4711",
      test: false,
    });
    for (const { status, json } of answers.filter((answer) => answer.status !== 200)) {
      const { instance, ...problem } = json as Record<string, unknown>;
      expect([status, problem]).toEqual([404, foreign]);
      expect(instance).toBeDefined();
    }
  });

  it("leave no key, token or session in log and Redis", async () => {
    const { one, two } = gateway();
    const { right } = await verify();
    const token = String(right.proof_token);
    await one.ask("shop", "POST", "/v1/proofs/redeem", { token }, "request-1");
    await one.ask("bank", "POST", "/v1/proofs/redeem", { token });
    const everything = [one.log(), two.log(), await one.contents(), await (await fetch(`${one.url}/metrics`)).text()];
    const secrets = [token, token.split(".")[2] ?? "", session, ...signingKey.split("\n").slice(1, 4)].filter(Boolean);
    for (const text of everything) for (const secret of secrets) expect(text).not.toContain(secret);
    expect(one.log()).toContain("results are signed");
  });
});

it("a gateway without keys says that it signs nothing", async () => {
  const redis = await runtime.redis();
  const gateway = await startSubjectGateway(redis.url, "off");
  const body = { to: grace, channel: "memory", client: { session } };
  const { json } = await gateway.ask("shop", "POST", "/v1/verifications", body);
  expect("proof_token" in json).toBe(false);
  expect(await (await fetch(`${gateway.url}/.well-known/jwks.json`)).json()).toEqual({ keys: [] });
  const refused = await gateway.ask("shop", "POST", "/v1/proofs/redeem", { token: "x" });
  expect([refused.status, refused.json.code]).toEqual([400, "not_supported"]);
  expect(gateway.log()).toContain("results are not signed");
  expect(await gateway.contents()).not.toContain("sealed_session");
  await gateway.stop();
  await redis.stop();
});
