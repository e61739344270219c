/** Wording of errors and documentation: what a node of the schema expects, and how a given value may be shown. */
import { type SchemaNode, shapeOf } from "./schema-node.ts";

/**
 * What is expected, with unit and range: `a whole number of milliseconds from 1000 to 30000`.
 * @param key the key's name; its last word is the unit
 */
export function expectedWords(node: SchemaNode, key: string): string {
  const shape = shapeOf(node);
  switch (shape.kind) {
    case "section":
      return `a section with the keys ${Object.keys(shape.properties).join(", ")}`;
    case "map":
      return `${range(node.minProperties, node.maxProperties)} named entries`;
    case "list":
      return listWords(node, expectedWords(shape.items, key));
    case "alternatives":
      return shape.variants.map((variant) => `either ${(variant.required ?? []).join(" and ")}`).join(", or ");
    case "leaf":
      return leafWords(node, key);
  }
}

function leafWords(node: SchemaNode, key: string): string {
  if (node.anyOf) return choiceWords(node.anyOf, key);
  if (node.type === "boolean") return "true or false";
  if (node.type === "integer") return `a whole number${unitOf(key)} ${bounds(node)}`;
  if (node.type === "number") return `a number ${bounds(node)}`;
  if (node["x-expected"] !== undefined) return node["x-expected"];
  if (node.minLength === undefined) return "a string";
  return node.minLength === 1 ? "a non-empty string" : `a string of at least ${node.minLength} characters`;
}

function choiceWords(choices: readonly SchemaNode[], key: string): string {
  const number = choices.find(({ type }) => type === "integer");
  const words = choices.flatMap((choice) => (choice === number ? [] : (choice.const ?? choice.type ?? [])));
  if (number === undefined) return `one of ${words.join(", ")}`;
  return `${expectedWords(number, key)}, or ${words.join(", ")}`;
}

function listWords(node: SchemaNode, item: string): string {
  const length =
    node.minItems === undefined && node.maxItems === undefined ? "" : `${range(node.minItems, node.maxItems)} `;
  if (shapeOf(node.items ?? {}).kind === "leaf" && node.items?.type === "string" && item === "a string") {
    return `a list of ${length}${node.uniqueItems ? "unique " : ""}strings`;
  }
  return `a list of ${length}${node.uniqueItems ? "unique " : ""}values, each ${item}`;
}

function range(minimum = 0, maximum?: number): string {
  return maximum === undefined ? `at least ${minimum}` : `${minimum} to ${maximum}`;
}

function bounds(node: SchemaNode): string {
  const lowest = node.exclusiveMinimum === undefined ? `from ${node.minimum}` : `above ${node.exclusiveMinimum}`;
  return `${lowest} to ${node.maximum}`;
}

const units: Readonly<Record<string, string>> = { ms: "milliseconds", seconds: "seconds", bytes: "bytes" };

function unitOf(key: string): string {
  const unit = units[key.split("_").at(-1) ?? ""];
  return unit === undefined ? "" : ` of ${unit}`;
}

const maxShownLength = 80;

/**
 * The value as it may be shown in an error. Of secrets only the length is shown; the part before an `@` may be a password
 * in a URL and is masked; sections and lists are named, not printed, because they may contain secrets.
 */
export function show(node: SchemaNode | null, value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "a section";
  const text = String(value);
  if (text === "") return "an empty string";
  if (node === null || node["x-secret"] || shapeOf(node).kind !== "leaf") return `(hidden, ${text.length} characters)`;
  const masked = text.replace(/^(\w+:\/\/)?.*@/s, "$1***@");
  return JSON.stringify(masked.length > maxShownLength ? `${masked.slice(0, maxShownLength)}…` : masked);
}
