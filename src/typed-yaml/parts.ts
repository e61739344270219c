/** What the sections of the configuration are made of. */
import { type TSchema, Type } from "typebox";

/** An object that refuses unknown keys and, where every key has a default, may be left out whole. */
export function section<P extends Record<string, TSchema>>(description: string, properties: P) {
  return Type.Object(properties, { additionalProperties: false, description });
}

/** The same, for a section that may be left out whole. */
export function optionalSection<P extends Record<string, TSchema>>(description: string, properties: P) {
  return Type.Object(properties, { additionalProperties: false, description, default: {} });
}

/** A map from a name that the operator chooses to an entry. Names end up in metrics, keys and SIP, so they stay plain. */
export function named<S extends TSchema>(description: string, entry: S) {
  return Type.Record(Type.String({ pattern: "^[a-z0-9][a-z0-9_-]{0,39}$" }), entry, {
    description,
    minProperties: 1,
    maxProperties: 1000,
  });
}

export const ms = (defaultMs: number, minimum: number, maximum: number, description: string) =>
  Type.Integer({ default: defaultMs, minimum, maximum, description });
export const count = ms;
export const seconds = ms;
/** A secret: never written in a log, an error or a document. Give it as `${VARIABLE}`. */
export const secret = (description: string, minLength: number) =>
  Type.String({ minLength, description, "x-secret": true });
/** A text of a certain form; `expected` says in words what the pattern means, for errors and the documentation. */
export const text = (pattern: string, expected: string, options: { description?: string; default?: string } = {}) =>
  Type.String({ pattern, "x-expected": expected, ...options });
export const country = (options: { description?: string } = {}) =>
  text("^[A-Z]{2}$", "an ISO 3166 country of two capital letters, for instance GB", options);
