import { generateKeyPairSync, sign, verify } from "node:crypto";
import fc from "fast-check";
import { compactVerify, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { canonicalNumber, createSigner, type PassportRules } from "../../../../src/sip/identity/passport.ts";
import { rawSignature } from "../../../../src/sip/identity/raw-signature.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const x5u = "https://certs.our.example/shaken.pem";
const rules: PassportRules = { x5u, origid: "123e4567-e89b-12d3-a456-426655440000", callingName: null };
const call = { callerId: "+12155551212", callee: "+447700900123", attestation: "A" } as const;
const nowMs = Date.UTC(2026, 10, 26, 9, 0, 1, 999);
const tokenOf = (identity: string) => identity.split(";", 1)[0] ?? "";

describe("a PASSporT", () => {
  it("is verified by another implementation of JWS, and says who calls whom, when and how surely", async () => {
    const { identity } = createSigner({ key: privateKey }, rules)(call, nowMs);
    const { payload, protectedHeader } = await jwtVerify(tokenOf(identity), publicKey, {
      algorithms: ["ES256"],
      currentDate: new Date(nowMs),
    });
    expect(protectedHeader).toEqual({ alg: "ES256", ppt: "shaken", typ: "passport", x5u });
    expect(payload).toEqual({
      attest: "A",
      dest: { tn: ["447700900123"] },
      iat: Math.floor(nowMs / 1000),
      orig: { tn: "12155551212" },
      origid: rules.origid,
    });
  });

  it("has its keys in order and no white space, so that a compact form would be made of the same bytes (RFC 8225, 9)", () => {
    const { identity } = createSigner({ key: privateKey }, rules)(call, nowMs);
    const [header = "", claims = ""] = tokenOf(identity).split(".");
    const text = (part: string) => Buffer.from(part, "base64url").toString();
    expect(text(header)).toBe(`{"alg":"ES256","ppt":"shaken","typ":"passport","x5u":"${x5u}"}`);
    expect(text(claims)).toBe(
      `{"attest":"A","dest":{"tn":["447700900123"]},"iat":1795683601,"orig":{"tn":"12155551212"},"origid":"${rules.origid}"}`,
    );
  });

  it("is written in full form with info, alg and ppt, beside a Date of the same second", () => {
    const { identity, date } = createSigner({ key: privateKey }, rules)(call, nowMs);
    expect(identity.slice(identity.indexOf(";"))).toBe(`;info=<${x5u}>;alg=ES256;ppt=shaken`);
    expect(date).toBe("Thu, 26 Nov 2026 09:00:01 GMT");
    const later = createSigner({ key: privateKey }, rules);
    later(call, nowMs);
    expect(later(call, nowMs + 1).date).toBe("Thu, 26 Nov 2026 09:00:02 GMT");
  });

  it("has a UUID of its own where no origid is configured", async () => {
    const signer = createSigner({ key: privateKey }, { ...rules, origid: null });
    const ids = await Promise.all(
      [1, 2].map(async () => {
        const { payload } = await compactVerify(tokenOf(signer(call, nowMs).identity), publicKey);
        return (JSON.parse(Buffer.from(payload).toString()) as { origid: string }).origid;
      }),
    );
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it("carries a calling name with any characters as rcd", async () => {
    const signer = createSigner({ key: privateKey }, { ...rules, callingName: 'Ring "it" \\ once' });
    const { payload } = await compactVerify(tokenOf(signer(call, nowMs).identity), publicKey);
    expect(JSON.parse(Buffer.from(payload).toString())).toMatchObject({ rcd: { nam: 'Ring "it" \\ once' } });
  });

  it("of another key, or changed by one character, does not verify", async () => {
    const { identity } = createSigner({ key: privateKey }, rules)(call, nowMs);
    const token = tokenOf(identity);
    const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;
    await expect(compactVerify(token, other)).rejects.toThrow("signature verification failed");
    const [header, claims = "", signature] = token.split(".");
    const forged = Buffer.from(claims, "base64url").toString().replace("12155551212", "12155551213");
    const changed = `${header}.${Buffer.from(forged).toString("base64url")}.${signature}`;
    await expect(compactVerify(changed, publicKey)).rejects.toThrow("signature verification failed");
  });

  it("verifies each time: r and s of the signature have any length", () => {
    const signer = createSigner({ key: privateKey }, rules);
    for (let round = 0; round < 300; round++) {
      const [header, claims, signature = ""] = tokenOf(signer(call, nowMs + round).identity).split(".");
      const key = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
      const bytes = Buffer.from(signature, "base64url");
      expect(bytes).toHaveLength(64);
      expect(verify("sha256", Buffer.from(`${header}.${claims}`), key, bytes)).toBe(true);
    }
  });
});

describe("a signature", () => {
  it("is converted from DER whatever the length of its numbers", () => {
    const der = (r: Buffer, s: Buffer) => {
      const integer = (value: Buffer) => {
        let start = 0;
        while (start < 31 && value[start] === 0) start += 1;
        const short = value.subarray(start);
        const body = (short[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), short]) : short;
        return Buffer.concat([Buffer.of(0x02, body.length), body]);
      };
      const body = Buffer.concat([integer(r), integer(s)]);
      return Buffer.concat([Buffer.of(0x30, body.length), body]);
    };
    const part = fc
      .tuple(fc.integer({ min: 0, max: 31 }), fc.uint8Array({ minLength: 32, maxLength: 32 }))
      .map(([zeros, bytes]) => Buffer.from(bytes).fill(0, 0, zeros));
    fc.assert(
      fc.property(part, part, (r, s) => {
        expect(rawSignature(der(r, s)).toString("hex")).toBe(Buffer.concat([r, s]).toString("hex"));
      }),
    );
  });

  it("that is none is refused", () => {
    const der = sign("sha256", Buffer.from("x"), privateKey);
    for (let length = 0; length < der.length; length++) {
      expect(() => rawSignature(der.subarray(0, length))).toThrow(RangeError);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          expect(rawSignature(Buffer.from(bytes))).toHaveLength(64);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

it("a number in canonical form has no plus sign and nothing but digits", () => {
  expect(canonicalNumber("+44 7700 900-123")).toBe("447700900123");
});
