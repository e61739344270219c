/** Entries of lists, however somebody writes them, hold for recipients as they are kept. */
import { expect, it } from "vitest";
import { readAddress } from "../../../src/channels/email/address.ts";
import { canonicalValue, hashEntry } from "../../../src/guard/lists/entry.ts";
import { createListIndex } from "../../../src/guard/lists/index-of-entries.ts";

const hash = (kind: string, text: string) => `${kind} ${text}`;

function isBlocked(value: string, address: string): boolean {
  const canonical = canonicalValue(value);
  if (canonical === null) throw new Error(`${value} is no entry`);
  const index = createListIndex(hash, () => 0);
  index.replaceKept([hashEntry(hash, { id: "a", list: "block", app: null, value: canonical, expiresAtMs: null })]);
  const read = readAddress(address);
  if ("problem" in read) throw new Error(read.problem);
  return index.find("shop", read.to) === "block";
}

it.each([
  ["@bücher.example", "ada@bücher.example"],
  ["@BÜCHER.example", "ada@xn--bcher-kva.example"],
  ["@bu\u0308cher.example", "ada@bücher.example"],
  ["@xn--bcher-kva.example", "ada@Bücher.example"],
  ["Ada+x@bücher.example", "ada@bücher.example"],
  ["jose\u0301@example.com", "jos\u00e9+tag@example.com"],
  ["@例え.example", "ada@例え。example"],
])("a block of %s holds for %s", (value, address) => {
  expect(isBlocked(value, address)).toBe(true);
});

it("and for no other domain, nor mailbox", () => {
  expect(isBlocked("@bücher.example", "ada@bucher.example")).toBe(false);
  expect(isBlocked("ada@bücher.example", "bob@bücher.example")).toBe(false);
});

it.each(["@", "@a b", "a@b@c", "ada", "+0123", "++44", "a b@example.com"])("%s is no entry", (value) => {
  expect(canonicalValue(value)).toBeNull();
});
