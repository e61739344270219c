/** Nothing passes that was not signed, character by character. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { createClientTokens } from "../../../src/tokens/client-token.ts";
import { createTokenCodec, encodePart, maxTokenLength } from "../../../src/tokens/codec.ts";
import { createStartTokens } from "../../../src/tokens/start-token.ts";
import { createSealing } from "../../../src/verification/sealing.ts";

const hmacKey = "k9Xw2pQz7LmN4vRt8JhB3sDf6GyC1eUa";
const codec = createTokenCodec(hmacKey);
const nowMs = 1_800_000_000_000;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
const payload = fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 300 });
const kind = fc.constantFrom("c", "s");

test("what was signed is read", () => {
  fc.assert(
    fc.property(kind, payload, (of, text) => {
      const token = codec.sign(of, text);
      expect(token).toMatch(/^ort_[cs][\w-]{8}\.[\w.-]+\.[\w-]{43}$/);
      expect(codec.read(token)).toEqual({ kind: of, payload: text, mac: token.slice(-43) });
    }),
  );
});

test("no token with one character changed, added or removed passes", () => {
  fc.assert(
    fc.property(kind, payload, fc.nat(), fc.constantFrom(...alphabet), fc.nat(2), (of, text, at, other, how) => {
      const token = codec.sign(of, text);
      const place = at % token.length;
      const rest = token.slice(how === 1 ? place : place + 1);
      const changed = token.slice(0, place) + (how === 2 ? "" : other) + rest;
      fc.pre(changed !== token);
      expect(codec.read(changed)).toBeNull();
    }),
    { numRuns: 2000 },
  );
});

test("no spelling of the same bytes passes: the last character of a MAC has two bits that base64url ignores", () => {
  const token = codec.sign("c", "abc");
  const bytes = Buffer.from(token.slice(-43), "base64url");
  const alike = [...alphabet]
    .map((last) => token.slice(0, -1) + last)
    .filter((one) => one !== token && Buffer.from(one.slice(-43), "base64url").equals(bytes));
  expect(alike).toHaveLength(3);
  for (const one of alike) expect(codec.read(one)).toBeNull();
});

test("no prefix of a token and no random text passes", () => {
  const token = codec.sign("s", encodePart(["shop", "id", 1]));
  for (let length = 0; length < token.length; length++) expect(codec.read(token.slice(0, length))).toBeNull();
  fc.assert(
    fc.property(
      fc.string({ maxLength: 4000 }),
      fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 200 }),
      (a, b) => {
        expect(codec.read(a)).toBeNull();
        expect(codec.read(`ort_c${b}`)).toBeNull();
      },
    ),
  );
});

test("no token of another key passes, also with the id of this one", () => {
  const other = createTokenCodec("another-secret-of-32-characters!");
  fc.assert(
    fc.property(kind, payload, (of, text) => {
      const theirs = other.sign(of, text);
      expect(codec.read(theirs)).toBeNull();
      expect(codec.read(theirs.slice(0, 5) + codec.sign(of, text).slice(5, 13) + theirs.slice(13))).toBeNull();
    }),
  );
});

test("a client token is no start token, whatever its letter says", () => {
  const token = codec.sign("c", "abc");
  expect(codec.read(token.replace("ort_c", "ort_s"))).toBeNull();
});

test("a token that would be too long is not made, and a long text is not hashed", () => {
  expect(() => codec.sign("s", "a".repeat(maxTokenLength))).toThrow(RangeError);
  expect(codec.read(`ort_c${"a".repeat(100_000)}`)).toBeNull();
});

describe("the key's rotation", () => {
  const before = { current: "the-first-token-key-of-32-chars!", previous: [] };
  const after = { current: "the-second-token-key-of-32-chars", previous: [before.current] };

  test("a key of its own ends nothing, and a previous one is read until it is removed", () => {
    const derived = codec.sign("c", "abc");
    const first = createTokenCodec(hmacKey, before).sign("c", "abc");
    expect(first).not.toBe(derived);
    expect(createTokenCodec(hmacKey, before).read(derived)?.payload).toBe("abc");
    expect(createTokenCodec(hmacKey, after).read(first)?.payload).toBe("abc");
    expect(createTokenCodec(hmacKey, { ...after, previous: [] }).read(first)).toBeNull();
  });
});

describe("client tokens", () => {
  const tokens = createClientTokens(codec);
  const about = { app: "shop", verification: "v00ffAAAAAAAAAAAAAAAAAAAAAA", channels: null, createdAtMs: nowMs };

  test("the same verification has the same token, for an hour at most", () => {
    const text = tokens.make(about);
    expect(tokens.make({ ...about })).toBe(text);
    const read = codec.read(text);
    if (read === null) throw new Error("not read");
    const { createdAtMs: _at, ...claims } = about;
    expect(tokens.claims(read, nowMs + 3_599_000)).toEqual(claims);
    expect(tokens.claims(read, nowMs + 3_600_000)).toBeNull();
  });
});

describe("start tokens", () => {
  const starts = createStartTokens(
    codec,
    createSealing(cryptoRandom, hmacKey, undefined, "start tokens"),
    cryptoRandom,
  );
  const grant = {
    body: { to: "+447400123456", reference: "sign-up 4711", client: { session: "s-81723" } },
    ...{ channels: ["missed_call"], countries: null, keyId: "key_1" },
  };

  test("hold what was fixed, and do not show it", () => {
    const { token, challenge } = starts.make("shop", grant, nowMs + 1000);
    const read = codec.read(token);
    if (read === null) throw new Error("not read");
    expect(starts.grant(read)).toEqual(grant);
    expect(starts.claims(read, nowMs)).toMatchObject({ app: "shop", expiresAtMs: nowMs + 1000, challenge });
    expect(starts.claims(read, nowMs + 1000)).toBeNull();
    const shown = token.split(".").map((part) => Buffer.from(part, "base64url").toString("latin1"));
    for (const secret of ["447400123456", "4711", "81723", "key_1"]) {
      expect(token + shown.join()).not.toContain(secret);
    }
  });

  test("each is different, and so is its challenge", () => {
    const made = Array.from({ length: 100 }, () => starts.make("shop", grant, nowMs).challenge);
    expect(new Set(made).size).toBe(100);
    for (const challenge of made) expect(challenge).toHaveLength(43);
  });
});
