import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCallSigner } from "../../../../src/telephony/sip-trunks/call-signer.ts";
import type { StirShakenConfig } from "../../../../src/telephony/sip-trunks/identity-config.ts";
import { createStiAuthority, type StiAuthority, type StiCertificate } from "../../../support/sti-certificates.ts";

const call = { callerId: "+12155551212", callee: "+447700900123" };
let authority: StiAuthority;
let own: StiCertificate;
beforeAll(async () => {
  authority = await createStiAuthority();
  own = await authority.issue();
});
afterAll(() => authority.remove());

const configOf = ({ key, cert }: StiCertificate, more: Partial<StirShakenConfig> = {}): StirShakenConfig => ({
  private_key: key,
  certificate: cert,
  x5u: "https://certs.our.example/a.pem",
  attestation: "B",
  ...more,
});

function world(config: StirShakenConfig | undefined) {
  const lines: string[] = [];
  const log = (...args: unknown[]) => void lines.push(JSON.stringify(args));
  const logger = { info: log, warn: log } as never;
  let nowMs = Date.now();
  const signer = createCallSigner(config, { nowMs: () => nowMs, logger });
  return {
    signer,
    lines,
    later: (ms: number) => {
      nowMs += ms;
    },
    sign: (attestation?: "A" | "B" | "C") => signer.sign(call, attestation, nowMs),
  };
}

const claimsOf = (headers: readonly (readonly [string, string])[]) =>
  JSON.parse(Buffer.from(headers[1]?.[1].split(".")[1] ?? "", "base64url").toString());

describe("calls", () => {
  it("are signed with the attestation of the trunk, else with that of the gateway", () => {
    const { sign } = world(configOf(own));
    expect(sign().map(([name]) => name)).toEqual(["Date", "Identity"]);
    expect(claimsOf(sign())).toMatchObject({ attest: "B", orig: { tn: "12155551212" } });
    expect(claimsOf(sign("A"))).toMatchObject({ attest: "A" });
  });

  it("are not signed without a key", () => {
    expect(world(undefined).sign()).toEqual([]);
  });

  it("are signed by the new key after a reload, and by the old one where the new one cannot be used", async () => {
    const next = await authority.issue();
    const { signer, sign } = world(configOf(own));
    signer.reload(configOf(next, { x5u: "https://certs.our.example/b.pem" }));
    expect(sign()[1]?.[1]).toContain("info=<https://certs.our.example/b.pem>");
    expect(() => signer.reload(configOf(own, { certificate: next.cert }))).toThrow(
      "sip.identity.certificate: the certificate of another key given",
    );
    expect(sign()[1]?.[1]).toContain("info=<https://certs.our.example/b.pem>");
  });

  it("go out unsigned once the certificate has expired, which is logged once", () => {
    const { later, sign, lines } = world(configOf(own));
    later(3 * 86_400_000);
    expect([sign(), sign()]).toEqual([[], []]);
    expect(lines.filter((line) => line.includes("has expired"))).toHaveLength(1);
  });

  it("never bring the key or a number into the log", () => {
    const { lines, sign } = world(configOf(own));
    sign();
    const text = lines.join("\n");
    // Two days are left of it.
    expect(text).toContain("expires soon");
    expect(text).not.toContain(own.key.split("\n")[1]);
    expect(text).not.toContain("2155551212");
  });
});
