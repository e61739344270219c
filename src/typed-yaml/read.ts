/**
 * Reads a document by the schema in one walk: fills in defaults, converts strings to the type of each setting, and
 * reports every problem. TypeBox decides whether a leaf or a list is valid; the walk exists because TypeBox fills in no
 * defaults inside maps, stops after some errors and says "must match anyOf".
 */
import Value from "typebox/value";
import { ownEntry } from "../shared/own-entry.ts";
import type { Path, Problem } from "./errors.ts";
import { expectedWords, show } from "./expected.ts";
import { nearest } from "./nearest.ts";
import { type SchemaNode, shapeOf } from "./schema-node.ts";

/** Receives each problem; the loader, which knows lines and variables, adds `source`. */
type ReportProblem = (problem: Omit<Problem, "source">) => void;

/**
 * The value that `given` means, with defaults. Problems are reported; the result must not be used at their places.
 * @param given undefined where nothing was given
 */
export function readValue(node: SchemaNode, given: unknown, path: Path, report: ReportProblem): unknown {
  if (given === undefined) return readMissing(node, path, report);
  const shape = shapeOf(node);
  switch (shape.kind) {
    case "section":
      return readSection(node, shape.properties, given, path, report);
    case "map":
      return readMap(node, shape, given, path, report);
    case "list":
      return readList(node, shape.items, given, path, report);
    case "alternatives":
      return readAlternative(node, shape.variants, given, path, report);
    case "leaf":
      return readLeaf(node, given, path, report);
  }
}

function readMissing(node: SchemaNode, path: Path, report: ReportProblem): unknown {
  if (node.default === undefined) {
    report({ path, given: "nothing", expected: expectedWords(node, keyOf(path)) });
    return undefined;
  }
  const value = structuredClone(node.default);
  return shapeOf(node).kind === "section" ? readValue(node, value, path, report) : value;
}

function readSection(
  node: SchemaNode,
  properties: Readonly<Record<string, SchemaNode>>,
  given: unknown,
  path: Path,
  report: ReportProblem,
): unknown {
  const entries = entriesOf(node, given, path, report);
  if (!entries) return undefined;
  for (const key of Object.keys(entries).filter((name) => !Object.hasOwn(properties, name))) {
    const near = nearest(key, Object.keys(properties));
    // Its value is not shown: it may be a secret with a mistyped key.
    const message = unknownKey(near, properties);
    report({ path: [...path, key], given: "an unknown key", expected: "a known key", message });
    // One mistyped key is one problem: that the key which was meant is missing is reported first, and not shown.
    for (const name of near.filter((one) => !Object.hasOwn(entries, one))) {
      report({ path: [...path, name], given: "nothing", expected: "a value", isConsequence: true });
    }
  }
  const section: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(properties)) {
    const value = ownEntry(entries, key);
    if (value === undefined && !node.required?.includes(key)) continue;
    section[key] = readValue(child, value, [...path, key], report);
  }
  return section;
}

function unknownKey(near: readonly string[], properties: Readonly<Record<string, SchemaNode>>): string {
  if (near.length > 0) return `unknown key; did you mean ${near.map((name) => `\`${name}\``).join(" or ")}?`;
  return `unknown key; the known ones are ${Object.keys(properties).join(", ")}`;
}

function readMap(
  node: SchemaNode,
  { keyPattern, entry }: { keyPattern: RegExp; entry: SchemaNode },
  given: unknown,
  path: Path,
  report: ReportProblem,
): unknown {
  const entries = entriesOf(node, given, path, report);
  if (!entries) return undefined;
  const names = Object.keys(entries);
  if (names.length < (node.minProperties ?? 0) || names.length > (node.maxProperties ?? Number.POSITIVE_INFINITY)) {
    report({ path, given: `${names.length} entries`, expected: expectedWords(node, keyOf(path)) });
  }
  for (const name of names.filter((name) => !keyPattern.test(name))) {
    const expected = "a name of 1 to 40 lowercase letters, digits, - and _ that starts with a letter or digit";
    report({ path: [...path, name], given: "a name", expected });
  }
  return Object.fromEntries(
    names.map((name) => [name, readValue(entry, entries[name] ?? {}, [...path, name], report)] as const),
  );
}

function readList(node: SchemaNode, items: SchemaNode, given: unknown, path: Path, report: ReportProblem): unknown {
  if (!Array.isArray(given)) {
    report({ path, given: show(node, given), expected: expectedWords(node, keyOf(path)) });
    return undefined;
  }
  let itemsAreValid = true;
  const list = given.map((item, index) =>
    readValue(items, item ?? null, [...path, index], (problem) => {
      itemsAreValid = false;
      report(problem);
    }),
  );
  if (itemsAreValid && !Value.Check(node, list)) {
    report({ path, given: show(node, list), expected: expectedWords(node, keyOf(path)) });
  }
  return list;
}

/** Takes the alternative that has the given keys; where that is none or several, reports which there are. */
function readAlternative(
  node: SchemaNode,
  variants: readonly SchemaNode[],
  given: unknown,
  path: Path,
  report: ReportProblem,
): unknown {
  const entries = entriesOf(node, given, path, report);
  if (!entries) return undefined;
  const own = (variant: SchemaNode) =>
    Object.keys(variant.properties ?? {}).filter((key) =>
      variants.every((other) => other === variant || !Object.hasOwn(other.properties ?? {}, key)),
    );
  const meant = variants.filter((variant) => own(variant).some((key) => Object.hasOwn(entries, key)));
  const [only] = meant;
  if (meant.length === 1 && only) return readValue(only, given, path, report);
  report({
    path,
    given: meant.length === 0 ? "neither" : "both",
    expected: `${variants.map(own).join(" or ")}, one of them`,
  });
  return undefined;
}

function readLeaf(node: SchemaNode, given: unknown, path: Path, report: ReportProblem): unknown {
  const value = typeof given === "string" ? fromString(node, given) : given;
  if (!Value.Check(node, value)) report({ path, given: show(node, given), expected: expectedWords(node, keyOf(path)) });
  return value;
}

/** Files and variables hold strings; the schema says which are numbers. What cannot be converted stays and fails its check. */
function fromString(node: SchemaNode, text: string): unknown {
  const isInteger = node.type === "integer" || node.anyOf?.some(({ type }) => type === "integer");
  if (isInteger && /^-?(0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  if (node.type === "number" && /^-?\d+(\.\d+)?(e-?\d{1,2})?$/.test(text)) return Number(text);
  if (node.type === "boolean" && (text === "true" || text === "false")) return text === "true";
  if (text === "null" && node.anyOf?.some(({ type }) => type === "null")) return null;
  return text;
}

/** The keys and values of a map; an empty string is YAML's `section:` with nothing below. Null (and reported) for anything else. */
function entriesOf(
  node: SchemaNode,
  given: unknown,
  path: Path,
  report: ReportProblem,
): Record<string, unknown> | null {
  if (given === "") return {};
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return given as Record<string, unknown>;
  report({ path, given: show(node, given), expected: expectedWords(node, keyOf(path)) });
  return null;
}

/** The last name in the path: it ends with the unit. */
function keyOf(path: Path): string {
  return path.findLast((part) => typeof part === "string") ?? "";
}
