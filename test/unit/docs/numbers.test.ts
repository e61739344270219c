import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { Value } from "typebox/value";
import { expect, it } from "vitest";
import type { Config } from "../../../src/config/schema.ts";
import { Numbers } from "../../../src/numbers/config.ts";
import { createNumbers } from "../../../src/numbers/numbers.ts";

const root = path.join(import.meta.dirname, "../../..");
const pages = globSync(["README.md", "docs/*.md", "docs/examples/**/*.md"], { cwd: root });
const text = pages.map((page) => readFileSync(path.join(root, page), "utf8")).join("\n");
const routing = readFileSync(path.join(root, "docs/routing.md"), "utf8");

const examples = new Set([
  ...[...text.matchAll(/\{"to": ?"(\+\d+)"/g)].map(([, number = ""]) => number),
  // What routing.md shows as dialled must be something that is dialled.
  ...[...routing.matchAll(/\+\d{9,}/g)].map(([number]) => number),
]);

it.each([...examples])("the documentation's example callee %s is one that the gateway accepts", (number) => {
  const numbers = createNumbers(Value.Default(Numbers, {}) as Config["numbers"]);
  expect(numbers.examine(number, null, null)).toMatchObject({ callable: true, refusal: null });
});
