/** What is sealed: readable again only with its key and for its record. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { createCodes } from "../../../src/verification/codes.ts";
import { createSealing } from "../../../src/verification/sealing.ts";

const secret = "a secret that only this test has, of 32 characters and more";
const other = "another secret that only this test has, of 32 characters";
const sealing = createSealing(cryptoRandom, secret);

it("opens to the value, for every id and value", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (id, value) => {
      expect(sealing.open(id, sealing.seal(id, value))).toBe(value);
    }),
  );
});

it("looks different each time and shows nothing of the value", () => {
  const sealed = [sealing.seal("v1", "1234567890"), sealing.seal("v1", "1234567890")];
  expect(sealed[0]).not.toBe(sealed[1]);
  for (const one of sealed)
    expect(Buffer.from(one.split(".")[1] ?? "", "base64url").includes("1234567890")).toBe(false);
});

it("does not open for another record", () => {
  expect(sealing.open("v2", sealing.seal("v1", "123456"))).toBeNull();
});

it("does not open when any bit was changed", () => {
  const sealed = sealing.seal("v1", "123456");
  const [keyId = "", text = ""] = sealed.split(".");
  const bytes = Buffer.from(text, "base64url");
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(sealing.open("v1", `${keyId}.${changed.toString("base64url")}`)).toBeNull();
  }
});

it.each(["", ".", "x", "x.y", "x.y.z", `${"A".repeat(8)}.${"A".repeat(60)}`])("does not open %j", (text) => {
  expect(sealing.open("v1", text)).toBeNull();
});

it("does not open what was cut short", () => {
  const sealed = sealing.seal("v1", "123456");
  for (let length = 0; length < sealed.length; length++) expect(sealing.open("v1", sealed.slice(0, length))).toBeNull();
});

it("opens what an earlier key sealed, as long as that is configured", () => {
  const sealed = sealing.seal("v1", "123456");
  const own = createSealing(cryptoRandom, secret, { current: other, previous: [] });
  expect(own.open("v1", sealed)).toBe("123456");
  const next = createSealing(cryptoRandom, secret, { current: `${other}, newer`, previous: [other] });
  expect(next.open("v1", own.seal("v1", "98765"))).toBe("98765");
  const without = createSealing(cryptoRandom, secret, { current: `${other}, newer`, previous: [] });
  expect(without.open("v1", own.seal("v1", "98765"))).toBeNull();
});

it("has another key than codes from the same secret", () => {
  expect(sealing.seal("v1", "x").split(".")[0]).not.toBe(createCodes(secret).keyId);
});
