import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { createHashes } from "../../../src/verification/hashes.ts";
import { attemptIdOf, bucketOfId, newVerificationId } from "../../../src/verification/ids.ts";

const hashes = createHashes("k".repeat(32));

describe("what the store may know", () => {
  it("does not tell a code without the key", () => {
    expect(createHashes("l".repeat(32)).code("v1", "1234")).not.toBe(hashes.code("v1", "1234"));
  });

  it("tells nothing of one verification or callee to another", () => {
    expect(hashes.code("v1", "1234")).not.toBe(hashes.code("v2", "1234"));
    expect(hashes.callerId("+447700900001", "+442079460000")).not.toBe(
      hashes.callerId("+447700900002", "+442079460000"),
    );
  });

  it("never takes one purpose's value for another's", () => {
    expect(hashes.code("a", "b")).not.toBe(hashes.callerId("a", "b"));
    expect(hashes.code("a", "b")).not.toBe(hashes.idempotencyKey("a", "b"));
  });

  it("takes requests that say the same for the same, in whatever order", () => {
    const one = hashes.fingerprint({ to: "+447700900123", metadata: { a: "1", b: "2" } });
    expect(hashes.fingerprint({ to: "+447700900123", metadata: { b: "2", a: "1" } })).toBe(one);
    expect(hashes.fingerprint({ to: "+447700900123", metadata: { a: "1", b: "3" } })).not.toBe(one);
    expect(hashes.fingerprint({ to: "+447700900123" })).not.toBe(one);
    const two = hashes.fingerprint({ to: "+447700900123", calls: 2 });
    expect(hashes.fingerprint({ to: "+447700900123" })).not.toBe(two);
    expect(hashes.fingerprint({ to: "+447700900123", calls: 1 })).not.toBe(two);
  });

  it("takes all spellings of an address for one callee, whose limits they share", () => {
    expect(hashes.callee("Ann.Other@example.com")).toEqual(hashes.callee("ann.other@example.com"));
    expect(hashes.callee("ann.other@example.org")).not.toEqual(hashes.callee("ann.other@example.com"));
  });

  it("spreads callees over many buckets", () => {
    const buckets = new Set(Array.from({ length: 1000 }, (_, i) => hashes.callee(`+44770090${i}`).bucket));
    // 1000 uniform draws of 65,536 give 992.4 distinct ones on average (standard deviation 2.7).
    expect(buckets.size).toBeGreaterThan(970);
  });
});

describe("ids", () => {
  it("lead to the callee's bucket, and name calls that Asterisk takes as channel ids", () => {
    const { bucket } = hashes.callee("+447700900123");
    const id = newVerificationId(bucket, cryptoRandom);
    expect(bucketOfId(id)).toBe(bucket);
    expect(attemptIdOf(id, 12)).toMatch(/^[A-Za-z0-9_-]{1,100}$/);
  });

  it("are told from any other text", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `v${text}`),
        ),
        (text) => {
          if (!/^v[0-9a-f]{4}[\w-]{22}$/.test(text)) expect(bucketOfId(text)).toBeNull();
        },
      ),
    );
    expect(bucketOfId(`v0000${"a".repeat(22)}\n`)).toBeNull();
    expect(bucketOfId(`v0000${"a".repeat(22)}}`)).toBeNull();
  });
});
