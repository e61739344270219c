/** Requests that an operation's schemas allow, with ids that exist where a run has seen any. */
import fc from "fast-check";
import type { Chance } from "./dice.ts";
import type { ApiDocument, Operation, Schema } from "./document.ts";

/** A request before it is written to the wire. */
export interface Draft {
  /** Null once it was changed so that it may be another operation's, or no operation's. */
  operation: Operation | null;
  method: string;
  /** Encoded, without the query. */
  path: string;
  query: [string, string][];
  headers: [string, string][];
  /** Undefined: none. */
  body: unknown;
  /** In place of the JSON of `body`. */
  raw: Buffer | null;
  framing: Framing;
}

/** How the length of a body is told: `short` and `long` are wrong, `broken` is no chunk. */
export type Framing = "length" | "chunked" | "short" | "long" | "broken";

/** What a run has seen: names and ids by the part of the path before them, cursors, and the keys that it has. */
export interface Seen {
  readonly ids: ReadonlyMap<string, readonly string[]>;
  readonly cursors: readonly string[];
  /** Signed results. */
  readonly proofs: readonly string[];
  readonly keys: {
    readonly app: readonly string[];
    readonly tokens: readonly string[];
    readonly other: string;
    readonly operator: string;
  };
  /** The codes that its starts may ask for. */
  readonly codes: readonly string[];
  /** Of a receiver of webhooks. */
  readonly receiverUrl: string;
}

const samplesOfPattern = 60;
const callees = 3000;
const times = [
  "2036-03-01T12:00:00Z",
  "2026-03-01T12:00:00Z",
  "2026-03-01",
  "2027-01-01T00:00:00.123Z",
  "2026-02-28T23:59:60+02:00",
  "2036-03-01 12:00:00+01",
];

/** What was made last is likely to be open still. */
const newest = (ids: readonly string[], chance: Chance) => chance.pick(chance.chance(0.7) ? ids.slice(-10) : ids);

export interface Values {
  draft(operation: Operation, chance: Chance): Draft;
}

/** @param seed of the strings that patterns allow */
export function createValues(document: ApiDocument, seen: Seen, seed: number): Values {
  const samples = new Map<string, readonly string[]>();
  function ofPattern(pattern: string): readonly string[] {
    const known = samples.get(pattern);
    if (known !== undefined) return known;
    const made = fc.sample(fc.stringMatching(new RegExp(pattern)), { seed, numRuns: samplesOfPattern });
    samples.set(pattern, made);
    return made;
  }

  const idsOf = (segment: string) => seen.ids.get(segment) ?? [];
  const recipient = (chance: Chance) =>
    chance.chance(0.9)
      ? `+447400${String(chance.below(callees)).padStart(6, "0")}`
      : chance.pick(["someone@example.org", "07400 123456", "+442079460001", "+15005550006", "112"]);

  /** What a name means, where its schema does not say it. Undefined: nothing is known. */
  function byName(name: string, schema: Schema, chance: Chance): unknown {
    switch (name) {
      case "to":
        return schema.pattern === undefined ? recipient(chance) : undefined;
      case "number":
        return schema.type === "string" ? recipient(chance) : undefined;
      case "country":
      case "to_country":
        return chance.pick(["GB", "gb", "DE", "XX"]);
      case "url":
        return `${seen.receiverUrl}/${chance.below(10)}`;
      case "verification":
        return chance.pick([...idsOf("verifications"), "v0000none"]);
      case "cursor":
        return seen.cursors.length > 0 ? chance.pick(seen.cursors) : undefined;
      case "last_event_id":
      case "last-event-id":
        return chance.pick(["0", "1", "1796083200123-0", "99999999-1"]);
      case "code":
        return chance.chance(0.7) ? chance.pick(seen.codes) : undefined;
      case "token":
        return seen.proofs.length > 0 ? chance.pick(seen.proofs) : undefined;
      case "idempotency-key":
        return `key-${chance.below(200)}`;
      case "types":
      case "by":
        return schema.examples?.[0];
      case "app":
        return chance.pick(["shop", "bank", "nobody"]);
      default:
        return undefined;
    }
  }

  function valueFor(given: Schema, name: string, chance: Chance, depth = 0): unknown {
    const schema = document.resolve(given);
    const known = byName(name, schema, chance);
    if (known !== undefined) return known;
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return chance.pick(schema.enum);
    if (schema.anyOf !== undefined) return valueFor(chance.pick(schema.anyOf), name, chance, depth);
    switch (typeof schema.type === "string" ? schema.type : chance.pick(schema.type ?? ["string"])) {
      case "object":
        return objectOf(schema, chance, depth);
      case "array": {
        const least = schema.minItems ?? 0;
        const count = Math.min(schema.maxItems ?? 3, least + chance.below(3));
        return Array.from({ length: depth > 4 ? least : count }, () =>
          valueFor(schema.items ?? {}, name, chance, depth + 1),
        );
      }
      case "integer":
        return (
          (schema.minimum ?? 0) + chance.below(Math.min(1000, (schema.maximum ?? 1000) - (schema.minimum ?? 0) + 1))
        );
      case "number":
        return chance.below(1000) / 8;
      case "boolean":
        return chance.chance(0.5);
      case "null":
        return null;
      default:
        return stringOf(schema, chance);
    }
  }

  function stringOf(schema: Schema, chance: Chance): string {
    // First: what a pattern beside it allows is hardly ever a day of the calendar.
    if (schema.format === "date-time") return chance.pick(times);
    if (schema.pattern !== undefined) return chance.pick(ofPattern(schema.pattern));
    const [example] = schema.examples ?? [];
    if (typeof example === "string" && chance.chance(0.5)) return example;
    const length = Math.min(schema.maxLength ?? 40, (schema.minLength ?? 0) + chance.below(20));
    return Array.from({ length }, () => chance.pick([..."abcXYZ019 _-.:/+é漢🙂"]))
      .join("")
      .slice(0, schema.maxLength);
  }

  function objectOf(schema: Schema, chance: Chance, depth: number): Record<string, unknown> {
    const made: Record<string, unknown> = {};
    const names = Object.keys(schema.properties ?? {});
    const wanted = names.filter((name) => schema.required?.includes(name) || (depth < 5 && chance.chance(0.2)));
    const least = (schema.minProperties ?? 0) - wanted.length;
    if (least > 0 && names.length > 0) wanted.push(chance.pick(names));
    for (const name of wanted.slice(0, schema.maxProperties)) {
      made[name] = valueFor(schema.properties?.[name] ?? {}, name, chance, depth + 1);
    }
    const others = schema.additionalProperties;
    if (typeof others === "object") {
      for (let n = chance.below(4); n > 0; n--) made[`key${n}`] = valueFor(others, `key${n}`, chance, depth + 1);
    }
    return made;
  }

  function authorization(security: readonly string[], chance: Chance): [string, string][] {
    const header = (key: string): [string, string][] => [["authorization", `Bearer ${key}`]];
    if (security.length === 0 ? chance.chance(0.9) : chance.chance(0.04)) return [];
    if (chance.chance(0.04)) return header(`or_${chance.below(1e9)}`);
    const { app, tokens, other, operator } = seen.keys;
    const named =
      security.length > 0 && chance.chance(0.9) ? chance.pick(security) : chance.pick(["apiKey", "operatorKey"]);
    if (named === "operatorKey") return header(operator);
    if (tokens.length > 0 && (named === "clientToken" || chance.chance(0.1))) return header(newest(tokens, chance));
    // The first one may do everything.
    return header(chance.chance(0.1) ? other : chance.chance(0.2) ? chance.pick(app) : (app[0] ?? ""));
  }

  return {
    draft(operation, chance) {
      const query: [string, string][] = [];
      const headers = [["host", "localhost"] as [string, string], ...authorization(operation.security, chance)];
      let path = operation.path;
      for (const { name, in: place, required = false, schema } of operation.parameters) {
        if (place === "path") {
          const segment = operation.path.split(`/{${name}}`)[0]?.split("/").at(-1) ?? "";
          const ids = idsOf(segment);
          const value = ids.length > 0 && chance.chance(0.9) ? newest(ids, chance) : valueFor(schema, name, chance);
          path = path.replace(`{${name}}`, encodeURIComponent(String(value)) || "-");
        } else if (required || chance.chance(0.3)) {
          const value = String(valueFor(schema, name, chance));
          if (place === "query") query.push([name, value]);
          else if (place === "header") headers.push([name, value]);
        }
      }
      const hasBody = operation.body !== null && (operation.bodyIsRequired || chance.chance(0.5));
      let body = hasBody ? valueFor(operation.body ?? {}, "", chance) : undefined;
      // Without it few starts have a channel, a recipient and a code that go together.
      if (operation.id === "startVerification" && chance.chance(0.8)) {
        const channel = chance.pick(["memory", "second", "call_in"]);
        const own = channel !== "call_in" && chance.chance(0.5) ? { code: chance.pick(seen.codes) } : {};
        body = { to: `+447400${String(chance.below(callees)).padStart(6, "0")}`, channel, ...own };
      }
      return { operation, method: operation.method, path, query, headers, body, raw: null, framing: "length" };
    },
  };
}
