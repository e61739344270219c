import { expect, test } from "vitest";
import { apiKeyHash, generateApiKey } from "../../../src/apps/api-keys.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";

test("a key carries 256 random bits in characters that need no quoting anywhere", () => {
  const asked: number[] = [];
  const bytes = (length: number) => {
    asked.push(length);
    return Buffer.alloc(length, 0xfb);
  };
  expect(generateApiKey({ ...cryptoRandom, bytes })).toBe(`or_${"-_v7".repeat(11).slice(0, 42)}s`);
  expect(asked).toEqual([32]);
  expect(generateApiKey(cryptoRandom)).toMatch(/^or_[A-Za-z0-9_-]{43}$/);
  expect(generateApiKey(cryptoRandom)).not.toBe(generateApiKey(cryptoRandom));
});

test("its hash is SHA-256 in hex, as sha256sum prints it", () => {
  // printf %s sandbox-key | sha256sum
  expect(apiKeyHash("sandbox-key")).toBe("db6bcf6a2a36ee93dafa7dfcdc40973da39f2e2843e4c6f76e08aefc767b0caa");
});
