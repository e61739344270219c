/** Using a start token: once, given back by what began nothing, repeated by the same Idempotency-Key alone. */
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
  ) =>
    tokens.use(token, key, check, start).then(
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
  await tokens.use(token, "key", null, async (key) => expect(key).toBe(`start token ${token.id} key`));
});

test("a refusal that began nothing gives it back, five times", async () => {
  const { use } = world();
  for (let i = 0; i < 5; i++) expect(await use(null, fails(refused))).toBe("number_invalid");
  expect(await use(null)).toBe("unauthorized");
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
