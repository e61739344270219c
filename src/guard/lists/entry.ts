/** Entries of block and allow lists: of the configuration, and those that apps and operators add. */
import { domainToASCII } from "node:url";
import type { HashScope } from "../counted-rule.ts";
import { domainOf, mailboxOf } from "../mailbox.ts";

export const listNames = ["block", "allow"] as const;
export type ListName = (typeof listNames)[number];

/** An entry as it is kept in the records. */
export interface ListEntry {
  readonly id: string;
  readonly list: ListName;
  /** Null: of all apps. */
  readonly app: string | null;
  /** A number or the start of one with the plus sign, an address, or `@` and a domain; or what `erasedValue` made of it. */
  readonly value: string;
  readonly reason: string | null;
  /** Who added it, as in the audit log. */
  readonly by: string;
  readonly createdAtMs: number;
  /** Null: it does not end. */
  readonly expiresAtMs: number | null;
}

/** An entry as all gateways know it: nothing of it can be read. */
export interface MirroredEntry extends Pick<ListEntry, "id" | "list" | "app" | "expiresAtMs"> {
  readonly hash: string;
  /** Characters of a number's start; 0: an address or a domain. */
  readonly length: number;
}

/**
 * One spelling of what many mean: of a mailbox, of a domain, which recipients have as A-labels.
 * @returns null where it is none of the three
 */
export function canonicalValue(value: string): string | null {
  if (/^\+[1-9]\d{0,14}$/.test(value)) return value;
  if (!/^[^@\s]*@[^@\s]+$/.test(value)) return null;
  const [local = "", written = ""] = value.normalize("NFC").split("@");
  const domain = domainToASCII(written);
  if (domain === "") return null;
  return local === "" ? `@${domain}` : mailboxOf(`${local}@${domain}`);
}

export function hashEntry(hash: HashScope, entry: Omit<ListEntry, "reason" | "by" | "createdAtMs">): MirroredEntry {
  const { id, list, app, value, expiresAtMs } = entry;
  return { id, list, app, expiresAtMs, ...hashedValue(hash, value) };
}

const erased = /^erased:(\d{1,2}):([\w-]+)$/;

function hashedValue(hash: HashScope, value: string): Pick<MirroredEntry, "hash" | "length"> {
  const [, length, known] = erased.exec(value) ?? [];
  if (known !== undefined) return { hash: known, length: Number(length) };
  return { hash: hash("list", value), length: value.startsWith("+") ? value.length : 0 };
}

/** What an entry has in place of a person's number or address after an erasure: it holds as before, and says nothing of whom. */
export function erasedValue(hash: HashScope, value: string): string {
  const { hash: known, length } = hashedValue(hash, value);
  return `erased:${length}:${known}`;
}

/** As people see it; null: erased. */
export function shownValue(value: string): string | null {
  return erased.test(value) ? null : value;
}

/** What entries may say of a recipient, with how exact each is. */
export function candidatesOf(
  hash: HashScope,
  to: string,
  lengths: Iterable<number>,
): readonly { readonly hash: string; readonly exact: number }[] {
  if (!to.startsWith("+")) {
    if (!to.includes("@")) return [];
    return [
      { hash: hash("list", mailboxOf(to)), exact: 2 },
      { hash: hash("list", `@${domainOf(to)}`), exact: 1 },
    ];
  }
  return [...lengths]
    .filter((length) => length > 0 && length <= to.length)
    .map((length) => ({ hash: hash("list", to.slice(0, length)), exact: length }));
}
