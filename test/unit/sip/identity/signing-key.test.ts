import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasTnAuthorizationList, readSigningKey } from "../../../../src/sip/identity/signing-key.ts";
import { stirShakenProblems } from "../../../../src/telephony/sip-trunks/identity-checks.ts";
import { createStiAuthority, type StiAuthority, type StiCertificate } from "../../../support/sti-certificates.ts";

const pem = (curve: string) =>
  generateKeyPairSync("ec", { namedCurve: curve }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const dayMs = 86_400_000;

let authority: StiAuthority;
let own: StiCertificate;
let nowMs: number;
beforeAll(async () => {
  authority = await createStiAuthority();
  own = await authority.issue();
  nowMs = Date.now();
});
afterAll(() => authority.remove());

describe("the key that signs", () => {
  it("is accepted alone, with its certificate, and with line breaks written out", () => {
    expect(readSigningKey(own.key, null, nowMs)).toMatchObject({ expiresAtMs: null });
    const read = readSigningKey(own.key.replaceAll("\n", "\\n"), own.cert, nowMs);
    expect("key" in read && (read.expiresAtMs ?? 0) - nowMs).toBeGreaterThan(dayMs);
  });

  it.each([
    ["of P-384", pem("secp384r1"), "a key of another kind (curve secp384r1)"],
    [
      "of RSA",
      generateKeyPairSync("rsa", { modulusLength: 1024 })
        .privateKey.export({ type: "pkcs8", format: "pem" })
        .toString(),
      "a key of another kind (rsa)",
    ],
    [
      "with a passphrase",
      generateKeyPairSync("ec", { namedCurve: "P-256" })
        .privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" })
        .toString(),
      "a key with a passphrase",
    ],
    ["that is a file's name", "/etc/onering/stir.pem", "what is no private key"],
  ])("%s is refused in words that quote nothing of it", (_, text, given) => {
    expect(readSigningKey(text, null, nowMs)).toEqual({
      part: "private_key",
      given,
      expected: "a private key on the curve P-256, in PEM, without a passphrase",
    });
  });

  it("is refused with a certificate of another key, one that is over, not valid yet, or none", async () => {
    const given = (cert: string, atMs = nowMs) => {
      const read = readSigningKey(own.key, cert, atMs);
      return "part" in read ? `${read.part}: ${read.given}` : "accepted";
    };
    expect(given((await authority.issue()).cert)).toBe("certificate: the certificate of another key");
    expect(given(own.cert, nowMs + 3 * dayMs)).toMatch(/^certificate: expired on /);
    expect(given(own.cert, nowMs - 3 * dayMs)).toMatch(/^certificate: not valid before /);
    expect(given("certs/shaken.pem")).toBe("certificate: no certificate");
    expect(given(own.cert + own.cert)).toBe("accepted");
  });

  it("is checked with the configuration", () => {
    const config = { private_key: pem("P-256"), certificate: own.cert, x5u: "https://a.example/b", attestation: "A" };
    expect(stirShakenProblems(["sip", "identity"], config as never, nowMs)).toEqual([
      {
        path: ["sip", "identity", "certificate"],
        given: "the certificate of another key",
        expected: "the certificate that was issued for private_key",
      },
    ]);
    expect(stirShakenProblems(["sip", "identity"], { ...config, private_key: own.key } as never, nowMs)).toEqual([]);
  });
});

it("a certificate says whether it authorizes numbers", async () => {
  expect(hasTnAuthorizationList(own.cert)).toBe(true);
  expect(hasTnAuthorizationList((await authority.issue({ withTnAuthList: false })).cert)).toBe(false);
  expect(hasTnAuthorizationList("nothing")).toBe(false);
});
