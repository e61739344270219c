/** What is said of certificates that cannot be had from a test's authority. */
import { expect, it } from "vitest";
import { brokenFix, type ShownCertificate, tlsFailed, WrongName } from "../../../../src/sip/transport/tls-failure.ts";

const nowMs = Date.parse("2026-11-26T12:00:00Z");
const failure = (code: string) => Object.assign(new Error("as Node says it"), { code });
const leaf: ShownCertificate = {
  ...{ valid_from: "Jan  1 00:00:00 2026 GMT", valid_to: "Jan  1 00:00:00 2027 GMT" },
  ...{ subject: { CN: "sip.carrier.example" }, issuer: { O: "Example", CN: "R3" } },
};
const above = (end: string): ShownCertificate => ({ ...leaf, valid_to: end, subject: { O: "Example", CN: "R3" } });

it("an authority's certificate that has ended is named, not the carrier's own, which is valid", () => {
  const chain = { ...leaf, issuerCertificate: above("Sep 30 14:01:15 2021 GMT") };
  const error = tlsFailed(failure("CERT_HAS_EXPIRED"), chain, nowMs);
  expect(error.brief).toBe('no connection: tls (the certificate of its authority "R3" expired on 2021-09-30)');
  expect(error.certificateExpiresAtMs).toBe(Date.parse("2021-09-30T14:01:15Z"));
  expect(error.fix).toMatch(/This machine's clock says 2026-11-26/);
});

it("a chain that leads back to itself ends", () => {
  const loop: ShownCertificate & { issuerCertificate?: ShownCertificate | undefined } = { ...leaf };
  loop.issuerCertificate = loop;
  expect(tlsFailed(failure("CERT_NOT_YET_VALID"), loop, nowMs).brief).toMatch(/not yet valid: it begins on 2026-01-01/);
});

it("what a far end wrote cannot write into a log or a terminal", () => {
  const issuer = { CN: [`${"\u001b[31m"}forged\u0007 ${"long ".repeat(100)}`, "another"] };
  const { brief } = tlsFailed(failure("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), { ...leaf, issuer }, nowMs);
  expect(brief).toMatch(/^[\x20-\x7e]{1,160}$/);
  expect(new WrongName(["a\nb.example"], "c.example").message).toBe(
    "the certificate is for a?b.example, wanted c.example",
  );
});

it("a handshake that fails before a certificate is there has OpenSSL's reason alone", () => {
  const error = Object.assign(failure("ERR_SSL_X"), { reason: "tlsv1 alert protocol version" });
  expect(tlsFailed(error, undefined, nowMs)).toMatchObject({
    brief: "no connection: tls (tlsv1 alert protocol version)",
    fix: null,
  });
});

it("a far end that closes a connection at once, without an alert, may want a certificate of ours; one that breaks says nothing", () => {
  expect(brokenFix("the connection broke (closed by the far end)")).toMatch(
    /client certificate .* this machine's address/,
  );
  expect(brokenFix("no response within 4 s")).toBeNull();
});
