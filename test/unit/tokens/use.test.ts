/** Using a start token: once, given back by what began nothing, repeated by the same request with its Idempotency-Key alone. */
import { describe, expect, test } from "vitest";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import { createTokens } from "../../../src/tokens/index.ts";
import type { StartTokenUses } from "../../../src/tokens/uses-port.ts";
import { clientGone } from "../../../src/verification/refusals.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { memoryUses } from "../../support/start-token-uses.ts";

const grant = { body: {}, channels: null, countries: null, keyId: null };
const refused = new Refusal("number_invalid", "no number");

function world(uses: StartTokenUses = memoryUses()) {
  const clock = new ManualClock();
  const tokens = createTokens({ hmacKey: "k9Xw2pQz7LmN4vRt8JhB3sDf6GyC1eUa", uses, clock, random: cryptoRandom });
  const { token: text } = tokens.startToken("shop", grant, 600_000);
  const token = tokens.find(`Bearer ${text}`);
  if (token?.kind !== "start") throw new Error("no start token");
  const use = (
    key: string | null,
    start: () => Promise<unknown> = async () => "begun",
    check: (() => Promise<void>) | null = null,
    choice = "a number",
  ) =>
    tokens.use(token, { idempotencyKey: key, choice }, check, start).then(
      (value) => value,
      (error: Refusal) => error.code,
    );
  return { clock, tokens, token, use };
}

const fails = (error: unknown) => async () => {
  throw error;
};

test("is used once", async () => {
  const { use } = world();
  expect(await use(null)).toBe("begun");
  expect(await use(null)).toBe("unauthorized");
  expect(await use("key")).toBe("unauthorized");
});

test("with its Idempotency-Key it may be repeated, and the key is the token's own", async () => {
  const { use, tokens, token } = world();
  expect(await use("key")).toBe("begun");
  expect(await use("key")).toBe("begun");
  expect(await use("other")).toBe("unauthorized");
  const by = { idempotencyKey: "key", choice: "a number" };
  await tokens.use(token, by, null, async (key) => expect(key).toBe(`start token ${token.id} key`));
});

test("with its Idempotency-Key it asks about no other number once it was used", async () => {
  const { use } = world();
  let starts = 0;
  const start = async () => ++starts;
  expect(await use("key", start, null, "+447400123456")).toBe(1);
  expect(await use("key", start, null, "+447400123457")).toBe("unauthorized");
  expect(await use("key", start, null, "+447400123456")).toBe(2);
});

test("a refusal that began nothing gives it back, five times", async () => {
  const { use } = world();
  for (let i = 0; i < 5; i++) expect(await use(null, fails(refused))).toBe("number_invalid");
  expect(await use(null)).toBe("unauthorized");
});

test("with one Idempotency-Key too, and though a request was repeated before its refusal", async () => {
  const { use } = world();
  let refuse = (_error: Error) => {};
  const first = use("key", () => new Promise((_resolve, reject) => (refuse = reject)), null, "number 0");
  expect(await use("key", fails(refused), null, "number 0")).toBe("number_invalid");
  refuse(refused);
  expect(await first).toBe("number_invalid");
  const answers: unknown[] = [];
  for (let i = 1; i <= 10; i++) answers.push(await use("key", fails(refused), null, `number ${i}`));
  expect(answers).toEqual([...Array(4).fill("number_invalid"), ...Array(6).fill("unauthorized")]);
});

test("a number that was corrected begins with the same Idempotency-Key", async () => {
  const { use } = world();
  expect(await use("key", fails(refused), null, "a typo")).toBe("number_invalid");
  expect(await use("key")).toBe("begun");
  expect(await use("key")).toBe("begun");
});

test("while a repetition is in progress the refusal of the first one does not give it back", async () => {
  const { use } = world();
  const refusals: ((error: Error) => void)[] = [];
  const hangs = () => new Promise((_resolve, reject) => refusals.push(reject));
  const both = [use("key", hangs), use("key", hangs)];
  await expect.poll(() => refusals.length).toBe(2);
  refusals[0]?.(refused);
  expect(await both[0]).toBe("number_invalid");
  expect(await use("other")).toBe("unauthorized");
  refusals[1]?.(refused);
  expect(await both[1]).toBe("number_invalid");
  expect(await use("other")).toBe("begun");
});

test.each([
  ["the store did not answer", new Refusal("store_unavailable", "no answer")],
  ["the client is gone", clientGone],
  ["something failed", new Error("failed")],
])("where %s a delivery may have begun: it stays used", async (_name, error) => {
  const { use } = world();
  await use(null, fails(error));
  expect(await use(null)).toBe("unauthorized");
});

test("a repetition that is refused does not give back what the first one began", async () => {
  const { use } = world();
  expect(await use("key")).toBe("begun");
  expect(await use("key", fails(new Refusal("idempotency_key_reused", "another body")))).toBe("idempotency_key_reused");
  expect(await use(null)).toBe("unauthorized");
});

test("nor does the first one, once it was repeated", async () => {
  const { use } = world();
  let refuse = (_error: Error) => {};
  const first = use("key", () => new Promise((_resolve, reject) => (refuse = reject)));
  expect(await use("key")).toBe("begun");
  refuse(refused);
  expect(await first).toBe("number_invalid");
  expect(await use("other")).toBe("unauthorized");
});

describe("a check before the start", () => {
  test("that fails gives it back, and nothing starts", async () => {
    const { use } = world();
    let starts = 0;
    const start = async () => ++starts;
    expect(await use("key", start, fails(new Refusal("human_check_failed", "no")))).toBe("human_check_failed");
    expect(starts).toBe(0);
    expect(await use("key", start, async () => {})).toBe(1);
    // It has passed: the repetition needs no second answer, which the services would refuse as used.
    expect(await use("key", start, fails(new Refusal("human_check_failed", "used")))).toBe(2);
  });

  test("in progress: a repetition does not get around it", async () => {
    const { use } = world();
    let pass = () => {};
    const first = use("key", undefined, () => new Promise<void>((resolve) => (pass = resolve)));
    expect(await use("key", undefined, async () => {})).toBe("capacity");
    pass();
    expect(await first).toBe("begun");
    expect(await use("key", undefined, async () => {})).toBe("begun");
  });
});

test("is read with a previous key, what was fixed too, until that key is removed", () => {
  const hmacKey = "k9Xw2pQz7LmN4vRt8JhB3sDf6GyC1eUa";
  const gateway = (current: string, previous: string[]) =>
    createTokens({
      hmacKey,
      own: { current, previous },
      uses: memoryUses(),
      clock: new ManualClock(),
      random: cryptoRandom,
    });
  const [old, fresh] = ["the-first-token-key-of-32-chars!", "the-second-token-key-of-32-chars"];
  const { token } = gateway(old, []).startToken("shop", { ...grant, body: { reference: "4711" } }, 60_000);
  const holder = gateway(fresh, [old]).find(`Bearer ${token}`);
  expect(holder?.kind === "start" && holder.grant().body).toEqual({ reference: "4711" });
  expect(gateway(fresh, []).find(`Bearer ${token}`)).toBeNull();
});

test("expires, is found by its prefix alone, and does not fit with too much metadata", () => {
  const { clock, tokens } = world();
  const { token } = tokens.startToken("shop", grant, 30_000);
  expect(tokens.find(`Bearer ${token}`)?.kind).toBe("start");
  for (const header of [undefined, "", token, `Basic ${token}`, `Bearer x${token}`, `Bearer ${token}x`]) {
    expect(tokens.find(header)).toBeNull();
  }
  clock.advance(30_000);
  expect(tokens.find(`Bearer ${token}`)).toBeNull();
  const metadata = { note: "x".repeat(3000) };
  expect(() => tokens.startToken("shop", { ...grant, body: { metadata } }, 1000)).toThrow(/longer than 3072/);
});
