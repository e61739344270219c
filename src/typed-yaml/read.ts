/**
 * Reads a document by the schema in one walk: fills in defaults, turns texts into what each setting is, and collects
 * every problem on the way. Whether a value fits is the schema's word alone (TypeBox checks each leaf and list); the
 * walk exists because TypeBox fills no defaults inside maps, stops after some errors and says "must match anyOf".
 */
import Value from "typebox/value";
import type { Path, Problem } from "./errors.ts";
import { expectedWords, show } from "./expected.ts";
import { didYouMean } from "./nearest.ts";
import { type SchemaNode, shapeOf } from "./schema-node.ts";

/** Told of each problem; `source` is added by the loader, who knows lines and variables. */
export type Tell = (problem: Omit<Problem, "source">) => void;

/**
 * The value that `given` means, with defaults; what is wrong with it was told, and the result is then of no use
 * where it is wrong.
 * @param given undefined where nothing was given
 */
export function readValue(node: SchemaNode, given: unknown, path: Path, tell: Tell): unknown {
  if (given === undefined) return readMissing(node, path, tell);
  const shape = shapeOf(node);
  switch (shape.kind) {
    case "section":
      return readSection(node, shape.properties, given, path, tell);
    case "map":
      return readMap(node, shape, given, path, tell);
    case "list":
      return readList(node, shape.items, given, path, tell);
    case "alternatives":
      return readAlternative(node, shape.variants, given, path, tell);
    case "leaf":
      return readLeaf(node, given, path, tell);
  }
}

function readMissing(node: SchemaNode, path: Path, tell: Tell): unknown {
  if (node.default === undefined) {
    tell({ path, given: "nothing", expected: expectedWords(node, keyOf(path)) });
    return undefined;
  }
  const value = structuredClone(node.default);
  return shapeOf(node).kind === "section" ? readValue(node, value, path, tell) : value;
}

function readSection(
  node: SchemaNode,
  properties: Readonly<Record<string, SchemaNode>>,
  given: unknown,
  path: Path,
  tell: Tell,
): unknown {
  const entries = entriesOf(node, given, path, tell);
  if (!entries) return undefined;
  for (const key of Object.keys(entries)) {
    if (Object.hasOwn(properties, key)) continue;
    // Its value is not shown: it may be a secret under a mistyped name.
    const guess = didYouMean(key, Object.keys(properties)) || ` (known: ${Object.keys(properties).join(", ")})`;
    tell({ path: [...path, key], given: "an unknown key", expected: `a known one${guess}` });
  }
  const section: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(properties)) {
    const value = Object.hasOwn(entries, key) ? entries[key] : undefined;
    if (value === undefined && !node.required?.includes(key)) continue;
    section[key] = readValue(child, value, [...path, key], tell);
  }
  return section;
}

function readMap(
  node: SchemaNode,
  { keyPattern, entry }: { keyPattern: RegExp; entry: SchemaNode },
  given: unknown,
  path: Path,
  tell: Tell,
): unknown {
  const entries = entriesOf(node, given, path, tell);
  if (!entries) return undefined;
  const names = Object.keys(entries);
  if (names.length < (node.minProperties ?? 0) || names.length > (node.maxProperties ?? Number.POSITIVE_INFINITY)) {
    tell({ path, given: `${names.length} entries`, expected: expectedWords(node, keyOf(path)) });
  }
  for (const name of names.filter((name) => !keyPattern.test(name))) {
    const expected = "a name of 1 to 40 small letters, digits, - and _ that starts with a letter or digit";
    tell({ path: [...path, name], given: "a name", expected });
  }
  return Object.fromEntries(
    names.map((name) => [name, readValue(entry, entries[name] ?? {}, [...path, name], tell)] as const),
  );
}

function readList(node: SchemaNode, items: SchemaNode, given: unknown, path: Path, tell: Tell): unknown {
  if (!Array.isArray(given)) {
    tell({ path, given: show(node, given), expected: expectedWords(node, keyOf(path)) });
    return undefined;
  }
  let itemsAreRight = true;
  const list = given.map((item, index) =>
    readValue(items, item ?? null, [...path, index], (problem) => {
      itemsAreRight = false;
      tell(problem);
    }),
  );
  if (itemsAreRight && !Value.Check(node, list)) {
    tell({ path, given: show(node, list), expected: expectedWords(node, keyOf(path)) });
  }
  return list;
}

/** Takes the alternative that the given keys speak for; where they speak for none or for two, says which there are. */
function readAlternative(
  node: SchemaNode,
  variants: readonly SchemaNode[],
  given: unknown,
  path: Path,
  tell: Tell,
): unknown {
  const entries = entriesOf(node, given, path, tell);
  if (!entries) return undefined;
  const own = (variant: SchemaNode) =>
    Object.keys(variant.properties ?? {}).filter((key) =>
      variants.every((other) => other === variant || !Object.hasOwn(other.properties ?? {}, key)),
    );
  const meant = variants.filter((variant) => own(variant).some((key) => Object.hasOwn(entries, key)));
  const [only] = meant;
  if (meant.length === 1 && only) return readValue(only, given, path, tell);
  tell({
    path,
    given: meant.length === 0 ? "neither" : "both",
    expected: `${variants.map(own).join(" or ")}, one of them`,
  });
  return undefined;
}

function readLeaf(node: SchemaNode, given: unknown, path: Path, tell: Tell): unknown {
  const value = typeof given === "string" ? fromText(node, given) : given;
  if (!Value.Check(node, value)) tell({ path, given: show(node, given), expected: expectedWords(node, keyOf(path)) });
  return value;
}

/** Files and variables hold texts; the schema says what they mean. What means nothing stays a text and fails its check. */
function fromText(node: SchemaNode, text: string): unknown {
  if (node.type === "integer" && /^-?(0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  if (node.type === "number" && /^-?\d+(\.\d+)?(e-?\d{1,2})?$/.test(text)) return Number(text);
  if (node.type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

/** The keys and values of a map; an empty text is YAML's `section:` with nothing below. Null (and told) for anything else. */
function entriesOf(node: SchemaNode, given: unknown, path: Path, tell: Tell): Record<string, unknown> | null {
  if (given === "") return {};
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return given as Record<string, unknown>;
  tell({ path, given: show(node, given), expected: expectedWords(node, keyOf(path)) });
  return null;
}

/** The last name in the path: it carries the unit. */
function keyOf(path: Path): string {
  return path.findLast((part) => typeof part === "string") ?? "";
}
