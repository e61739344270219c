/** The schema as plain JSON Schema, for the code that walks it: validation, environment overrides, documentation. */
import type { TSchema } from "typebox";

/** The keywords that a configuration schema may use, our own (`x-…`) included. */
export interface SchemaNode {
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean" | "null";
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: string;
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly items?: SchemaNode;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  /** Never shown in an error, a log or the documentation. */
  readonly "x-secret"?: boolean;
  /** What `pattern` means, in words. */
  readonly "x-expected"?: string;
}

/** A schema for walking. */
export function nodeOf(schema: TSchema): SchemaNode {
  return schema as unknown as SchemaNode;
}

/** The five shapes a node can have. */
type Shape =
  | { readonly kind: "section"; readonly properties: Readonly<Record<string, SchemaNode>> }
  | { readonly kind: "map"; readonly keyPattern: RegExp; readonly entry: SchemaNode }
  | { readonly kind: "list"; readonly items: SchemaNode }
  | { readonly kind: "alternatives"; readonly variants: readonly SchemaNode[] }
  | { readonly kind: "leaf" };

/** Which shape a node has: `alternatives` are sections of which one is to be given; a choice of strings is a leaf. */
export function shapeOf(node: SchemaNode): Shape {
  if (node.properties) return { kind: "section", properties: node.properties };
  if (node.patternProperties) {
    const [pattern, entry] = Object.entries(node.patternProperties)[0] ?? [];
    if (pattern !== undefined && entry) return { kind: "map", keyPattern: new RegExp(pattern), entry };
  }
  if (node.items) return { kind: "list", items: node.items };
  if (node.anyOf?.some((variant) => variant.properties)) return { kind: "alternatives", variants: node.anyOf };
  return { kind: "leaf" };
}
