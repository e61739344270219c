import { generateKeyPairSync } from "node:crypto";
import { calculateJwkThumbprint } from "jose";
import { expect, it } from "vitest";
import { newProofKey, readProofKey } from "../../../src/proofs/keys.ts";

const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const publicPem = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
const sec1 = pair.privateKey.export({ type: "sec1", format: "pem" }).toString();
const jwk = JSON.stringify(pair.privateKey.export({ format: "jwk" }));
const publicJwk = JSON.stringify(pair.publicKey.export({ format: "jwk" }));

it.each([
  ["PKCS #8", pem],
  ["with line breaks written out, as environment files have it", pem.replaceAll("\n", "\\n")],
  ["SEC 1", sec1],
  ["a JWK", jwk],
])("reads a private key: %s", async (_what, text) => {
  const key = readProofKey(text, true);
  if ("expected" in key) throw new Error(key.expected);
  expect(key.privateKey?.type).toBe("private");
  expect(key.jwk).toEqual({
    ...pair.publicKey.export({ format: "jwk" }),
    ...{ kid: key.kid, use: "sig", alg: "ES256" },
  });
  expect(key.kid).toBe(await calculateJwkThumbprint(pair.publicKey.export({ format: "jwk" }) as never, "sha256"));
});

it.each([publicPem, publicJwk])("reads a public key where none has to sign", (text) => {
  const key = readProofKey(text, false);
  expect(key).toMatchObject({ privateKey: null, jwk: { kty: "EC" } });
  expect(readProofKey(text, true)).toMatchObject({
    expected: expect.stringContaining("a private key on the curve P-256"),
  });
});

it.each([
  ["RSA", generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey],
  ["Ed25519", generateKeyPairSync("ed25519").privateKey],
  ["another curve", generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey],
])("refuses %s, and quotes nothing of it", (_what, key) => {
  const text = key.export({ type: "pkcs8", format: "pem" }).toString();
  const read = readProofKey(text, true);
  expect(Object.keys(read)).toEqual(["expected"]);
  expect(JSON.stringify(read)).not.toContain(text.split("\n")[1]);
});

it.each(["", "{", "{}", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "no key"])(
  "refuses what is no key: %s",
  (text) => expect(readProofKey(text, false)).toHaveProperty("expected"),
);

it("a new key is one that can be read", () => {
  expect(readProofKey(newProofKey(), true)).toMatchObject({ kid: expect.stringMatching(/^[\w-]{43}$/) });
});
