/** The search for support: what is asked of Redis, what of the records, and how the two become one list. */
import { describe, expect, test } from "vitest";
import { createVerificationFinder, type VerificationSearch } from "../../../src/cdr/search.ts";
import { readAddress } from "../../../src/channels/email/address.ts";
import { createNumbers } from "../../../src/numbers/numbers.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import { createHashes } from "../../../src/verification/hashes.ts";
import type { Verification } from "../../../src/verification/types.ts";
import { memoryCdrs } from "../../support/cdr-store.ts";
import { cdrsOf, idOf, noon, verification } from "../../support/cdrs.ts";
import { testConfig } from "../../support/test-config.ts";

const to = "+447911123456";
const hashes = createHashes("of-this-test-0123456789-0123456789-abcdef");

const openOne = (number: number, changed: Partial<Verification> = {}) =>
  verification({
    ...{ id: idOf(number), status: "delivered", endedAtMs: null, proofDelivery: null, createdAtMs: noon + number },
    ...changed,
  });

function finder(open: readonly Verification[], ended: readonly Verification[] = []) {
  const store = memoryCdrs(ended.flatMap(cdrsOf));
  const looked: string[] = [];
  const found = createVerificationFinder({
    ...{ store, hashes, numbers: createNumbers(testConfig().numbers), apps: () => ["shop", "bank"] },
    channels: [{}, { readRecipient: readAddress }],
    live: {
      async findOpen(app, callee) {
        looked.push(app);
        const mine = open.filter((one) => one.app === app && hashes.callee(one.to).hash === callee.hash);
        return mine.map(({ id }) => ({ id, session: null }));
      },
    },
    verifications: {
      async get(app, id) {
        const one = open.find((each) => each.id === id && each.app === app.name);
        // Gone between the two questions.
        if (one === undefined || one.reference === "gone") throw new Refusal("verification_not_found", "gone");
        return one;
      },
    },
  });
  return { ...found, store, looked };
}

const find = async (parts: ReturnType<typeof finder>, app: string | null, search: VerificationSearch) =>
  (await parts.find(app, search, null, 10)).rows.map(({ id }) => Number(id.slice(5)));

test("open ones by recipient beside ended ones, the one that was started last first", async () => {
  const ended = verification({ id: idOf(2), createdAtMs: noon + 2 });
  const parts = finder([openOne(1), openOne(3), openOne(4, { reference: "gone" })], [ended]);
  expect(await find(parts, "shop", { to })).toEqual([3, 2, 1]);
  expect(parts.looked).toEqual(["shop"]);
  expect(parts.store.asked.ended).toEqual([{ app: "shop", to }]);
});

test("the next page has no open ones again", async () => {
  const parts = finder([openOne(1)]);
  expect(await parts.find("shop", { to }, { atMs: noon, id: idOf(9), number: 0 }, 10)).toEqual({
    rows: [],
    next: null,
  });
  expect(parts.looked).toEqual([]);
});

test("one that ended between the two questions is there once, as ended", async () => {
  const { rows } = await finder([openOne(1)], [verification()]).find("shop", { to }, null, 10);
  expect(rows).toMatchObject([{ id: idOf(1), status: "verified", endedAtMs: noon + 20_000 }]);
});

describe("filters apply to open ones too", () => {
  const open = [openOne(1, { reference: "order-1" }), openOne(2, { status: "sending" })];
  test.each<[string, VerificationSearch, readonly number[]]>([
    ["reference", { to, reference: "order-1" }, [1]],
    ["status", { to, status: "sending" }, [2]],
    ["status of ended ones", { to, status: "verified" }, []],
    ["channel", { to, channel: "sms" }, []],
    ["time", { to, fromMs: noon + 2 }, [2]],
    ["time before", { to, toMs: noon + 2 }, [1]],
    ["another recipient", { to: "+447911999999" }, []],
  ])("%s", async (_name, search, expected) => {
    expect(await find(finder(open), "shop", search)).toEqual(expected);
  });

  test("where an open status is asked for, records are not", async () => {
    const parts = finder(open);
    await find(parts, "shop", { to, status: "sending" });
    expect(parts.store.asked.ended).toEqual([]);
  });
});

describe("an operator", () => {
  test("finds those of all apps", async () => {
    const parts = finder([openOne(1), openOne(2, { app: "bank" })]);
    expect(await find(parts, null, { to })).toEqual([2, 1]);
    expect(parts.store.asked.ended).toEqual([{ to }]);
  });

  test("says what is looked for", async () => {
    await expect(finder([]).find(null, {}, null, 10)).rejects.toMatchObject({ code: "invalid_request" });
  });
});

test("open verifications without a recipient are refused, not left out", async () => {
  await expect(finder([]).find("shop", { status: "pending" }, null, 10)).rejects.toMatchObject({
    ...{ code: "invalid_request", detail: expect.stringContaining("`to`") },
  });
});

describe("a recipient", () => {
  test.each([
    ["07911 123456", "GB", "+447911123456"],
    ["+44 7911 123456", null, "+447911123456"],
    ["٠٠٤٤٧٩١١١٢٣٤٥٦".replace("٠٠", "+"), null, "+447911123456"],
    ["Anna@Example.COM", null, "Anna@example.com"],
  ])("%s is read", (text, country, canonical) => {
    expect(finder([]).recipient(text, country)).toBe(canonical);
  });

  test.each(["junk", "12", ""])("%j is refused", (text) => {
    expect(() => finder([]).recipient(text, null)).toThrow(Refusal);
  });

  test("a landline, which is never called, may still be looked for", () => {
    expect(finder([]).recipient("+442079460001", null)).toBe("+442079460001");
  });
});
