import { expect, it } from "vitest";
import { readAppsAct, readKeysAct } from "../../../src/commands/apps-options.ts";

it.each([
  [["list"], {}, { act: "list" }],
  [["show", "shop"], {}, { act: "show", name: "shop" }],
  [["add", "shop"], {}, { act: "add", name: "shop", profile: null }],
  [["add", "shop"], { profile: "a.yaml" }, { act: "add", name: "shop", profile: "a.yaml" }],
  [["remove", "shop"], {}, { act: "remove", name: "shop" }],
] as const)("apps %j %j", (words, options, act) => {
  expect(readAppsAct(words, options)).toEqual(act);
});

it.each([
  [[], {}, "apps takes add, list, show or remove"],
  [["rename", "shop"], {}, "apps takes add, list, show or remove"],
  [["list", "shop"], {}, "apps show NAME shows one"],
  [["show"], {}, "needs the app's name"],
  [["add", "Shop"], {}, 'at most 40, not "Shop"'],
  [["add", "shop", "bank"], {}, '"bank" is one word too many'],
  [["show", "shop"], { profile: "a.yaml" }, "--profile goes with apps add"],
] as const)("apps %j %j is refused", (words, options, why) => {
  expect(readAppsAct(words, options)).toEqual({ wrong: expect.stringContaining(why) });
});

it.each([
  [["list", "shop"], {}, { act: "list", app: "shop" }],
  [
    ["add", "shop"],
    { scopes: "read, verify,read" },
    { act: "add", app: "shop", scopes: ["read", "verify"], expiresAtMs: null },
  ],
  [
    ["add", "shop"],
    { scopes: "read", expires: "2090-01-01" },
    { act: "add", app: "shop", scopes: ["read"], expiresAtMs: Date.UTC(2090, 0) },
  ],
  [["rotate", "shop", "key_a"], {}, { act: "rotate", app: "shop", id: "key_a", overlapMs: 86_400_000 }],
  [["rotate", "shop", "key_a"], { overlap: "0" }, { act: "rotate", app: "shop", id: "key_a", overlapMs: 0 }],
  [["revoke", "shop", "key_a"], {}, { act: "revoke", app: "shop", id: "key_a" }],
] as const)("keys %j %j", (words, options, act) => {
  expect(readKeysAct(words, options)).toEqual(act);
});

it.each([
  [["make", "shop"], {}, "keys takes add, list, revoke or rotate"],
  [["add"], { scopes: "read" }, "needs the app's name"],
  [["add", "shop"], {}, "keys add needs --scopes"],
  [["add", "shop"], { scopes: "all" }, 'live_lookup, custom_code, read, admin, not "all"'],
  [["add", "shop", "key_a"], { scopes: "read" }, "one word too many"],
  [["add", "shop"], { scopes: "read", expires: "soon" }, "--expires must be a time"],
  [["add", "shop"], { scopes: "read", overlap: "5" }, "--overlap goes with keys rotate"],
  [["rotate", "shop"], {}, "needs the key's id; keys list shop shows it"],
  [["rotate", "shop", "key_a"], { overlap: "9999999" }, "seconds from 0 to 2592000"],
  [["rotate", "shop", "key_a"], { scopes: "read" }, "--scopes goes with keys add"],
  [["revoke", "shop", "key_a"], { expires: "2090-01-01" }, "--expires goes with keys add and keys rotate"],
] as const)("keys %j %j is refused", (words, options, why) => {
  expect(readKeysAct(words, options)).toEqual({ wrong: expect.stringContaining(why) });
});
