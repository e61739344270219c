/** Building blocks of a configuration schema. */
import { type Static, type TObject, type TSchema, Type } from "typebox";

const namePattern = "^[a-z0-9][a-z0-9_-]{0,39}$";

/** An object that refuses unknown keys. */
export function section<P extends Record<string, TSchema>>(description: string, properties: P) {
  return Type.Object(properties, { additionalProperties: false, description });
}

/** The same, for a section that may be left out: every key of it has a default. */
export function optionalSection<P extends Record<string, TSchema>>(description: string, properties: P) {
  return Type.Object(properties, { additionalProperties: false, description, default: {} });
}

/** A map from a name that the operator chooses to an entry. Names may end up in metrics, keys and protocols, so they stay plain. */
export function named<S extends TSchema>(description: string, entry: S) {
  return Type.Record(Type.String({ pattern: namePattern }), entry, {
    description,
    minProperties: 1,
    maxProperties: 1000,
  });
}

/** The same, where it may be empty or left out. */
export function namedOrNone<S extends TSchema>(description: string, entry: S) {
  return Type.Record(Type.String({ pattern: namePattern }), entry, { description, maxProperties: 1000, default: {} });
}

export const ms = (defaultMs: number, minimum: number, maximum: number, description: string) =>
  Type.Integer({ default: defaultMs, minimum, maximum, description });
export const count = ms;
export const seconds = ms;
/** A secret: never written to a log, an error or the documentation. Give it as `${VARIABLE}`. */
export const secret = (description: string, minLength: number) =>
  Type.String({ minLength, description, "x-secret": true });
/** A string of a certain form; `expected` says in words what the pattern means, for errors and the documentation. */
export const text = (pattern: string, expected: string, options: { description?: string; default?: string } = {}) =>
  Type.String({ pattern, "x-expected": expected, ...options });

/** The type of a section that is put together of keys declared in several places. */
export type StaticKeys<P extends Record<string, TSchema>> = Static<TObject<P>>;
