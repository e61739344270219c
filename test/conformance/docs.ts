/** The generated parts of docs/numbering-metadata.md: `npm run docs:numbers` writes them, a test fails when they are outdated. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { builtIn } from "../../src/numbers/built-in-metadata.ts";
import { type Disagreement, everyDisagreement, type Reason, reasons } from "./disagreements.ts";
import { everyExample } from "./google.ts";
import { type Mixed, mixedCountries } from "./mixed.ts";
import { caseReasons, judgeCases, notOurs } from "./own-cases.ts";

export const docsPath = path.join(import.meta.dirname, "../../docs/numbering-metadata.md");

const names = new Intl.DisplayNames("en", { type: "region" });
const named = (country: string) => `${names.of(country) ?? country} (${country})`;

const parts: Readonly<Record<string, () => string>> = { version, mixed, disagreements, cases };

/** @param text the page @returns it with every generated part as it has to be */
export function withGenerated(text: string): string {
  return Object.entries(parts).reduce((page, [name, make]) => {
    const [begin, end] = [`<!-- generated: ${name} -->`, "<!-- end -->"];
    const at = page.indexOf(begin);
    if (at === -1) throw new Error(`${docsPath} has no ${begin}`);
    return `${page.slice(0, at)}${begin}\n${make()}\n${page.slice(page.indexOf(end, at))}`;
  }, text);
}

function version(): string {
  return `This version of OneRing carries libphonenumber ${builtIn.version}, published in libphonenumber-js on ${builtIn.released}.`;
}

/** Above this share it makes no difference: few numbers are mobile for certain. */
const nearlyAll = 0.5;

function mixed(): string {
  const all = mixedCountries().filter(({ noMobilePlan }) => !noMobilePlan);
  const percent = ({ share }: Mixed) => (share === 1 ? "all" : `${(share * 100).toFixed(share < 0.01 ? 2 : 1)} %`);
  const rows = [...all]
    .sort((one, other) => other.share - one.share || one.country.localeCompare(other.country))
    .map((one) => `| ${named(one.country)} | ${percent(one)} |`);
  const many = all.filter(({ share }) => share > nearlyAll).length;
  return [
    `${many} countries and territories have one range for both, or nearly; in ${all.length - many} others the ranges overlap in part.`,
    "",
    "| country | mobile numbers that are `fixed_line_or_mobile` |",
    "|---|---|",
    ...rows,
  ].join("\n");
}

function disagreements(): string {
  const all = everyDisagreement();
  const used = (Object.keys(reasons) as Reason[]).filter((reason) => all.some((one) => one.reason === reason));
  const rows = used.map((reason) => {
    const found = all.filter((one) => one.reason === reason);
    const numbers = new Set(found.map(({ e164 }) => e164)).size;
    return `| ${reasons[reason]} | ${numbers} | ${shown(reason, found)} |`;
  });
  const examples = everyExample();
  const different = new Set(examples.map(({ e164 }) => e164)).size;
  return [
    `Of ${examples.length} example numbers (${different} different ones) of every region and type:`,
    "",
    "| why | numbers | which: Google's answer, ours |",
    "|---|---|---|",
    ...rows,
  ].join("\n");
}

/** Of differences in separators only the countries: the answers differ in nothing else. */
function shown(reason: Reason, found: readonly Disagreement[]): string {
  if (reason === "separators") return `\`international\` of ${[...new Set(found.map(({ of }) => of))].join(", ")}`;
  return found.map(({ e164, field, google, ours }) => `\`${e164}\` ${field}: ${google}, ${ours}`).join("; ");
}

function cases(): string {
  const judged = judgeCases();
  const agreed = judged.filter(({ verdict }) => verdict === "agrees").length;
  const rows = Object.entries(caseReasons).map(([reason, why]) => {
    const found = judged.filter(({ verdict }) => verdict === reason);
    const tests = [...new Set(found.map(({ test }) => test.replace(/^test/, "")))];
    return `| ${why} | ${found.length} | ${tests.join(", ")} |`;
  });
  const others = Object.entries(notOurs).map(([why, calls]) => {
    const count = judged.filter(({ call, verdict }) => verdict === "not ours" && calls.includes(call)).length;
    return `| ${why} | ${count} | ${calls.map((call) => `\`${call}\``).join(", ")} |`;
  });
  const apply = judged.filter(({ verdict }) => verdict !== "not ours").length;
  return [
    `Of ${judged.length} recorded calls ${apply} ask what we answer too; ${agreed} of those answers agree, ${apply - agreed} differ by intent:`,
    "",
    "| why ours differs | calls | tests |",
    "|---|---|---|",
    ...rows,
    "",
    "The others ask what OneRing has nothing for:",
    "",
    "| what | calls | methods |",
    "|---|---|---|",
    ...others,
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(docsPath, withGenerated(readFileSync(docsPath, "utf8")));
}
