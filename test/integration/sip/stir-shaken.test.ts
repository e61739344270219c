/** What the gateway signs, judged by Asterisk's res_stir_shaken: chain, TNAuthList, signature, numbers, time. */
import { createPrivateKey } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSigner, type SignedCall } from "../../../src/sip/identity/passport.ts";
import { createCallHeaders } from "../../../src/telephony/sip-trunks/headers.ts";
import { withRuntime } from "../../support/processes.ts";
import { createStiAuthority, type StiAuthority, type StiCertificate } from "../../support/sti-certificates.ts";
import { type StirVerifier, startStirVerifier } from "../../support/stir-verifier.ts";
import { trunkIdentity } from "../../support/trunk-identity.ts";

const runtime = withRuntime();
const call: SignedCall = { callerId: "+12155551212", callee: "+447700900123", attestation: "A" };
const ends = { carrier: "127.0.0.1", own: "our.example" };

let authority: StiAuthority;
let foreign: StiAuthority;
let own: StiCertificate;
let verifier: StirVerifier;
beforeAll(async () => {
  [authority, foreign] = await Promise.all([createStiAuthority(), createStiAuthority()]);
  own = await authority.issue();
  verifier = await startStirVerifier(runtime, authority.caFile);
}, 30_000);
afterAll(async () => {
  await verifier?.stop();
  await Promise.all([authority, foreign].map((one) => one.remove()));
});

interface Variation {
  readonly call?: Partial<SignedCall>;
  readonly signedAtMs?: number;
  /** What is at the address of the certificate; default: the signer's. */
  readonly published?: StiCertificate;
  readonly signer?: StiCertificate;
  readonly rules?: Parameters<typeof trunkIdentity>[0];
  readonly date?: string;
  readonly callingName?: string;
  readonly signed?: boolean;
}

/** One call as the driver would place it. @returns Asterisk's verdict */
async function verdict(name: string, variation: Variation = {}): Promise<string> {
  const { signer = own, published = signer, signedAtMs = Date.now(), callingName = null, signed = true } = variation;
  verifier.publish(name, published.cert);
  const sign = createSigner(
    { key: createPrivateKey(signer.key) },
    { x5u: verifier.certificateUrl(name), origid: null, callingName },
  );
  const { identity, date } = sign({ ...call, ...variation.call }, signedAtMs);
  const { uri, from, to, headers } = createCallHeaders(trunkIdentity(variation.rules), ends)(call);
  const signature = [["Date", variation.date ?? date] as const, ["Identity", identity] as const];
  return await verifier.invite([["From", from], ["To", to], ...headers, ...(signed ? signature : [])], uri);
}

describe("Asterisk verifies a call", () => {
  it("that we signed, with the attestation that we gave", async () => {
    expect(await verdict("a.pem")).toBe("success A");
    expect(await verdict("a.pem", { call: { attestation: "C" } })).toBe("success C");
  });

  it("whose caller ID is in P-Asserted-Identity alone, and one with a calling name", async () => {
    expect(await verdict("a.pem", { rules: { from_user: "acc-1" } })).toBe("success A");
    expect(await verdict("a.pem", { rules: { p_asserted_identity: "tel", user_phone: true } })).toBe("success A");
    expect(await verdict("a.pem", { callingName: 'Our "House"' })).toBe("success A");
  });
});

describe("Asterisk rejects a call", () => {
  it("that is not signed", async () => {
    expect(await verdict("a.pem", { signed: false })).toBe("missing_identity_hdr");
  });

  it("signed for another caller ID", async () => {
    expect(await verdict("a.pem", { call: { callerId: "+12155551213" } })).toMatch(/^cid_orig_tn_mismatch/);
  });

  it("signed by another key than the certificate's", async () => {
    expect(await verdict("other.pem", { signer: await authority.issue(), published: own })).toBe(
      "signature_validation",
    );
  });

  it("whose signature is old, with its own Date and with a new one", async () => {
    const signedAtMs = Date.now() - 120_000;
    expect(await verdict("a.pem", { signedAtMs })).toBe("date_hdr_range_error");
    expect(await verdict("a.pem", { signedAtMs, date: new Date().toUTCString() })).toBe("iat_range_error");
  });

  it("whose certificate has no TNAuthorizationList, or comes from another authority", async () => {
    expect(await verdict("no-tn.pem", { signer: await authority.issue({ withTnAuthList: false }) })).toBe(
      "cert_no_tn_auth_ext",
    );
    expect(await verdict("foreign.pem", { signer: await foreign.issue() })).toBe("cert_not_trusted");
  });
});
