/** What differs between two configurations, key by key, without secrets. */
import { isDeepStrictEqual } from "node:util";
import type { Path } from "../typed-yaml/errors.ts";
import { show } from "../typed-yaml/expected.ts";
import { nodeOf, type SchemaNode, shapeOf } from "../typed-yaml/schema-node.ts";
import { type Config, ConfigSchema } from "./schema.ts";

export interface ConfigChange {
  readonly path: Path;
  /** As it may be shown; null: it was not there. */
  readonly before: string | null;
  /** The same; null: it is not there any more. */
  readonly after: string | null;
}

/** In the order of the schema, then of the newer file. Equal configurations have none. */
export function changesBetween(before: Config, after: Config): readonly ConfigChange[] {
  return [...compare(nodeOf(ConfigSchema), before, after, [])];
}

function* compare(node: SchemaNode | null, before: unknown, after: unknown, path: Path): Iterable<ConfigChange> {
  if (isDeepStrictEqual(before, after)) return;
  const shape = node === null ? null : shapeOf(node);
  if (isObject(before) && isObject(after)) {
    const known = shape?.kind === "section" ? Object.keys(shape.properties) : [];
    const keys = new Set([...known, ...Object.keys(after), ...Object.keys(before)]);
    for (const key of keys) yield* compare(childOf(node, key), before[key], after[key], [...path, key]);
    return;
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    const items = shape?.kind === "list" ? shape.items : null;
    for (const [index, item] of before.entries()) yield* compare(items, item, after[index], [...path, index]);
    return;
  }
  yield { path, before: shown(node, before), after: shown(node, after) };
}

/** The schema of a key; null: it is unknown, and then nothing of it is shown. */
function childOf(node: SchemaNode | null, key: string): SchemaNode | null {
  if (node === null) return null;
  const shape = shapeOf(node);
  if (shape.kind === "section") return shape.properties[key] ?? null;
  if (shape.kind === "map") return shape.entry;
  if (shape.kind !== "alternatives") return null;
  const found = shape.variants.flatMap((variant) => childOf(variant, key) ?? []);
  // Hidden where it is a secret in any of them.
  return found.find((child) => child["x-secret"]) ?? found[0] ?? null;
}

/** Of a secret not even its length: two that differ in nothing else would look the same, and it is nobody's business. */
function shown(node: SchemaNode | null, value: unknown): string | null {
  if (value === undefined) return null;
  if (isObject(value) || Array.isArray(value)) return show(node, value);
  if (node === null || node["x-secret"]) return "(hidden)";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return show(node, value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
