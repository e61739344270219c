/** The architecture page names every folder, and every term stands once in the glossary. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const root = path.join(import.meta.dirname, "../../..");
const page = (name: string) => readFileSync(path.join(root, "docs", name), "utf8");
const foldersOf = (folder: string) =>
  readdirSync(path.join(root, "src", folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );

it("every folder of src/ and of its channels, numbers and telephony stands in the table", () => {
  const table = page("architecture.md").split("## Folders")[1]?.split("###")[0] ?? "";
  const named = [...table.matchAll(/`([a-z/-]+)\/`/g)].map(([, name]) => name);
  const grouped = ["channels", "telephony"];
  const expected = [
    ...foldersOf("").filter((name) => !grouped.includes(name)),
    ...[...grouped, "numbers"].flatMap((group) => foldersOf(group).map((name) => `${group}/${name}`)),
  ];
  expect(expected.filter((name) => !named.includes(name))).toEqual([]);
});

it("every channel stands in the picture of the channels", () => {
  const picture = page("architecture.md").split("verification/ ── channel port")[1]?.split("```")[0] ?? "";
  const channels = foldersOf("channels").filter((name) => name !== "calls" && name !== "messages");
  expect(channels.map((name) => name.replace("-", "_")).filter((name) => !picture.includes(name))).toEqual([]);
});

it("the glossary has each term once", () => {
  const terms = [...page("glossary.md").matchAll(/^\| ([^|]+) \|/gm)]
    .flatMap(([, cell = ""]) => cell.split(", "))
    .filter((term) => term !== "term" && !/^-+$/.test(term));
  expect(terms.filter((term, i) => terms.indexOf(term) !== i)).toEqual([]);
});
