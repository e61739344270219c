import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../../../src/sandbox");

/** Where a channel of the gateway may be named: its own parts, the registries, its providers, and the configuration. */
const own = [/^channels\//, /^page\/js\/channels\//, /^providers\//, /^config\.ts$/];
const names = /missed_call|missedCall|call_in|callIn|call-in|whatsapp|["'`](sms|email|push|voice)["'`]/i;
/** The kinds of recipients have names of their own, one of which is a channel's too. */
const kinds = ["fiction.ts", "page/js/recipients.js"];

it("nothing in the sandbox names a channel outside its own part", () => {
  const files = globSync("**/*.{ts,js,html,css}", { cwd: root });
  const naming = files.filter((file) => names.test(readFileSync(join(root, file), "utf8")));
  expect(naming).toContain("page/js/channels/call-in.js");
  expect(naming.filter((file) => !own.some((part) => part.test(file)) && !kinds.includes(file))).toEqual([]);
});
