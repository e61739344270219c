import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createHmacSha256 } from "../../../src/shared/hmac.ts";

it("is HMAC-SHA-256, for keys and texts of any length", () => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
  const text = fc.oneof(fc.string({ unit: "binary", maxLength: 80 }), fc.string({ unit: "grapheme", maxLength: 1500 }));
  fc.assert(
    fc.property(bytes, fc.array(text, { minLength: 1, maxLength: 3 }), (key, texts) => {
      const hmac = createHmacSha256(key);
      for (const each of texts) {
        const expected = () => createHmac("sha256", key).update(each);
        expect(hmac.base64url(each)).toBe(expected().digest("base64url"));
        expect(hmac.bytes(each)).toEqual(expected().digest());
      }
    }),
  );
});

it("gives the value of RFC 4231, 4.7: a key longer than a block", () => {
  const hmac = createHmacSha256(Buffer.alloc(131, 0xaa));
  const text = "Test Using Larger Than Block-Size Key - Hash Key First";
  expect(hmac.bytes(text).toString("hex")).toBe("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
});
