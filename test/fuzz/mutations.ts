/** What can be wrong with a request. Each changes one thing; a draft may get several. */
import { gzipSync } from "node:zlib";
import type { Chance } from "./dice.ts";
import type { Draft } from "./values.ts";

export interface Mutation {
  readonly name: string;
  /** @returns false where it does not apply to this draft */
  readonly apply: (draft: Draft, chance: Chance) => boolean;
}

const prototypeNames = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "then",
  "__defineGetter__",
];

/** Values that are wrong nearly everywhere. */
const nasty: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -0,
    -1,
    1.5,
    1e308,
    Number.MAX_SAFE_INTEGER,
    2 ** 53,
    "",
    " ",
    "\u0000",
    "a\u0000b",
    "\r\nX-Injected: 1",
  ],
  ...["\ud800", "\u202e\u0645", "\uffff", "e\u0301\u0301\u0301", "🙂".repeat(50), "\u00a0", "\ufeff", "ﷺ", "０１２３"],
  ...["x".repeat(300), "9".repeat(5000), "null", "undefined", "NaN", "[object Object]", "true", "-1", "1e9", "0x10"],
  ...[
    "' OR 1=1 --",
    '"; DROP TABLE cdrs; --',
    "{s0}:v:x",
    "a:b:c",
    "*",
    "%00",
    "../../etc/passwd",
    "$(id)",
    "<script>",
  ],
  ...[
    [],
    {},
    [[]],
    [null],
    { a: { b: {} } },
    ["+447400123456"],
    { to: 1 },
    { length: 1e9 },
    { toString: 1 },
    { $gt: "" },
  ],
  ...prototypeNames,
];

/** A place in a JSON value: who holds it, and under what. */
type Place = readonly [holder: Record<string, unknown> | unknown[], key: string | number];

function placesIn(value: unknown, found: Place[] = []): Place[] {
  if (Array.isArray(value)) {
    value.forEach((one, at) => {
      found.push([value, at]);
      placesIn(one, found);
    });
  } else if (typeof value === "object" && value !== null) {
    for (const [key, one] of Object.entries(value)) {
      found.push([value as Record<string, unknown>, key]);
      placesIn(one, found);
    }
  }
  return found;
}

function put([holder, key]: Place, value: unknown): void {
  // An assignment to __proto__ would change the prototype instead; a copy, as what is put may be changed later.
  Object.defineProperty(holder, key, {
    value: structuredClone(value),
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

const objectIn = (draft: Draft): Record<string, unknown> | null =>
  typeof draft.body === "object" && draft.body !== null && !Array.isArray(draft.body)
    ? (draft.body as Record<string, unknown>)
    : null;

const textOf = (draft: Draft) =>
  draft.raw?.toString() ?? (draft.body === undefined ? null : JSON.stringify(draft.body));

function setHeader(draft: Draft, name: string, value: string): true {
  draft.headers = [...draft.headers.filter(([one]) => one !== name), [name, value]];
  return true;
}

/** A mutation of the JSON value. */
const inBody = (
  name: string,
  change: (draft: Draft, chance: Chance, places: readonly Place[]) => boolean,
): Mutation => ({
  name,
  apply(draft, chance) {
    if (draft.body === undefined || draft.raw !== null) return false;
    return change(draft, chance, placesIn(draft.body));
  },
});

/** A mutation of the text of the body. */
const inText = (name: string, change: (text: string, chance: Chance) => Buffer | string): Mutation => ({
  name,
  apply(draft, chance) {
    const text = textOf(draft);
    if (text === null) return false;
    const changed = change(text, chance);
    draft.raw = typeof changed === "string" ? Buffer.from(changed) : changed;
    return true;
  },
});

/** A request line that no route may be made for. */
const elsewhere = (name: string, change: (draft: Draft, chance: Chance) => void): Mutation => ({
  name,
  apply(draft, chance) {
    change(draft, chance);
    draft.operation = null;
    return true;
  },
});

const charAt = (text: string, chance: Chance) => chance.below(text.length + 1);

export const mutations: readonly Mutation[] = [
  inBody("wrong value", (_draft, chance, places) => {
    if (places.length === 0) return false;
    put(chance.pick(places), chance.pick(nasty));
    return true;
  }),
  inBody("whole body", (draft, chance) => {
    draft.body = structuredClone(chance.pick(nasty));
    return true;
  }),
  inBody("missing key", (_draft, chance, places) => {
    const named = places.filter(([, key]) => typeof key === "string");
    if (named.length === 0) return false;
    const [holder, key] = chance.pick(named);
    return delete (holder as Record<string, unknown>)[key as string];
  }),
  inBody("extra key", (draft, chance) => {
    const body = objectIn(draft);
    if (body === null) return false;
    put(
      [body, chance.pick(["extra", "", "é\u0000", "x".repeat(500), "app", "id", "status", "valid", ...prototypeNames])],
      chance.pick(nasty),
    );
    return true;
  }),
  inBody("huge string", (_draft, chance, places) => {
    if (places.length === 0) return false;
    put(
      chance.pick(places),
      chance.pick(["x", "é", "🙂", "\u0001"]).repeat(chance.pick([64, 320, 4096, 8000, 20_000])),
    );
    return true;
  }),
  inBody("many items", (_draft, chance, places) => {
    if (places.length === 0) return false;
    const length = chance.pick([9, 101, 999, 1001]);
    put(
      chance.pick(places),
      chance.chance(0.5)
        ? Array.from({ length }, () => chance.pick(nasty))
        : Object.fromEntries(Array.from({ length }, (_, n) => [`k${n}`, n])),
    );
    return true;
  }),
  inBody("values swapped", (_draft, chance, places) => {
    if (places.length < 2) return false;
    const [one, other] = [chance.pick(places), chance.pick(places)];
    const valueAt = ([holder, key]: Place) => (holder as Record<string | number, unknown>)[key];
    put(one, valueAt(other));
    return true;
  }),
  inText("truncated JSON", (text, chance) => text.slice(0, charAt(text, chance))),
  inText("a byte changed", (text, chance) => {
    const bytes = Buffer.from(text);
    if (bytes.length > 0) bytes[chance.below(bytes.length)] = chance.below(256);
    return bytes;
  }),
  inText("deep nesting", (_text, chance) => {
    const depth = chance.pick([50, 999, 3000, 8000]);
    const [open, close] = chance.pick([
      ["[", "]"],
      ['{"a":', "}"],
      ['{"metadata":', "}"],
    ] as const);
    return `${open.repeat(Math.floor(depth / open.length))}1${chance.chance(0.7) ? close.repeat(Math.floor(depth / open.length)) : ""}`;
  }),
  inText("duplicate keys", (text, chance) => {
    const [, first] = /^\{("(?:[^"\\]|\\.)*":)/.exec(text) ?? [];
    return first === undefined
      ? `{"to":1,"to":2}`
      : `{${first}${chance.pick(["1", '"a"', "null", "{}"])},${text.slice(1)}`;
  }),
  inText("prototype in text", (_text, chance) =>
    chance.pick([
      '{"__proto__":{"to":"+447400123456"}}',
      '{"constructor":{"prototype":{"x":1}}}',
      '{"\\u005f_proto__":1}',
      '{"to":"+447400000001","metadata":{"__proto__":"1"}}',
    ]),
  ),
  inText("not JSON", (text, chance) =>
    chance.pick([
      `\ufeff${text}`,
      `${text}x`,
      `${text}${text}`,
      "NaN",
      "{to:1}",
      "// x",
      "'x'",
      "to=%2B44",
      `${text},`,
      "\u0000",
      " \n\t ",
      '{"to":"\\ud800"}',
      '"\\x"',
      "01",
      "1e999",
      `{"to":${"9".repeat(400)}}`,
    ]),
  ),
  inText("not UTF-8", (text, chance) => {
    const at = charAt(text, chance);
    return Buffer.concat([
      Buffer.from(text.slice(0, at)),
      Buffer.from([0xff, 0xfe, 0xc0, 0x80]),
      Buffer.from(text.slice(at)),
    ]);
  }),
  inText("too large", (_text, chance) => `{"to":"${"x".repeat(chance.pick([16_370, 16_384, 17_000, 200_000]))}"}`),
  {
    name: "content type",
    apply: (draft, chance) =>
      setHeader(
        draft,
        "content-type",
        chance.pick([
          "text/plain",
          "application/x-www-form-urlencoded",
          "multipart/form-data; boundary=x",
          "application/xml",
          "application/json; charset=utf-16",
          "application/jsonp",
          "application/json/x",
          "application/problem+json",
          "APPLICATION/JSON",
          "application/json;;",
          "",
          "*/*",
          "application/json, text/plain",
          "json",
          "text/json\u00e9",
        ]),
      ),
  },
  {
    name: "content encoding",
    apply(draft, chance) {
      const text = textOf(draft) ?? "{}";
      draft.raw = chance.chance(0.5) ? gzipSync(text) : Buffer.from(text);
      return setHeader(draft, "content-encoding", chance.pick(["gzip", "br", "identity", "x"]));
    },
  },
  {
    name: "body where none is",
    apply(draft, chance) {
      if (draft.body !== undefined) return false;
      draft.raw = Buffer.from(chance.pick(["{", "{}", "x", '{"to":1}', "null", "[]"]));
      return true;
    },
  },
  {
    name: "framing",
    apply(draft, chance) {
      // A late body holds a connection until its request times out: few of these.
      draft.framing = chance.chance(0.9) ? "chunked" : chance.pick(["short", "long", "broken"]);
      return textOf(draft) !== null;
    },
  },
  {
    name: "a header",
    apply(draft, chance) {
      const [name, value] = chance.pick<readonly [string, string]>([
        ["idempotency-key", ""],
        ["idempotency-key", "é"],
        ["idempotency-key", "x".repeat(256)],
        ["idempotency-key", "a\tb"],
        ["idempotency-key", "__proto__"],
        ["authorization", "Basic YTpi"],
        ["authorization", "Bearer"],
        ["authorization", `Bearer ${"x".repeat(5000)}`],
        ["authorization", "bearer  or_x y"],
        ["authorization", "Bearer __proto__"],
        ["accept", "text/csv"],
        ["accept", "application/x-ndjson"],
        ["accept", ";;,q=9"],
        ["accept", "*/*;q=0"],
        ["origin", "https://evil.example"],
        ["origin", "null"],
        ["access-control-request-method", "POST"],
        ["last-event-id", "-1"],
        ["last-event-id", "__proto__"],
        ["expect", "200-ok"],
        ["range", "bytes=0-1"],
        ["if-none-match", "*"],
        ["x-http-method-override", "DELETE"],
        ["x-forwarded-for", "1.2.3.4, ::"],
        ["traceparent", "00-0-0-0"],
        ["traceparent", "x".repeat(400)],
        ["upgrade", "websocket"],
        ["connection", "upgrade"],
        ["connection", "close"],
        ["te", "trailers"],
        ["cookie", "a=b"],
        ["x-request-id", "mine"],
        ["host", ""],
        ["host", "a b"],
        ["content-length", "-1"],
        ["accept-encoding", "gzip, br"],
        ["x-long", "y".repeat(9000)],
      ]);
      return setHeader(draft, name, value);
    },
  },
  {
    name: "a header twice",
    apply(draft, chance) {
      draft.headers.push([...chance.pick(draft.headers)] as [string, string]);
      return true;
    },
  },
  {
    name: "query",
    apply(draft, chance) {
      const names = [
        "limit",
        "cursor",
        "from",
        "to",
        "by",
        "types",
        "format",
        "app",
        "last_event_id",
        "x",
        "",
        ...prototypeNames,
      ];
      const values = [
        "",
        "0",
        "-1",
        "1e3",
        "99999999999",
        "a,b",
        "%",
        "é",
        "2026-99-99",
        "x".repeat(3000),
        "{}",
        "\u0000",
        "null",
        ...prototypeNames,
      ];
      for (let n = 1 + chance.below(2); n > 0; n--) draft.query.push([chance.pick(names), chance.pick(values)]);
      return true;
    },
  },
  {
    name: "query twice",
    apply(draft, chance) {
      if (draft.query.length === 0) return false;
      draft.query.push([...chance.pick(draft.query)] as [string, string]);
      return true;
    },
  },
  {
    name: "a part of the path",
    apply(draft, chance) {
      if (draft.operation === null || !draft.operation.path.includes("{")) return false;
      const value = chance.pick([
        "%00",
        "..%2f..",
        "%2e%2e",
        "a".repeat(150),
        "*",
        "%C3%A9",
        "%F0%9F%99%82",
        "'",
        "%20",
        "+447400123456",
        "1",
        "null",
        "undefined",
        "-",
        ...prototypeNames,
      ]);
      draft.path = draft.operation.path.replace(/\{[^}]+\}/g, value);
      return true;
    },
  },
  elsewhere("method", (draft, chance) => {
    draft.method = chance.pick([
      "GET",
      "POST",
      "PUT",
      "PATCH",
      "DELETE",
      "OPTIONS",
      "HEAD",
      "TRACE",
      "PROPFIND",
      "QUERY",
      "get",
      "M-SEARCH",
    ]);
  }),
  elsewhere("path", (draft, chance) => {
    const { path } = draft;
    draft.path = chance.pick([
      ...[
        `${path}/`,
        `${path}//`,
        `/${path}`,
        `${path}/x`,
        `${path}%2f`,
        `${path}%`,
        `${path};x=1`,
        path.toUpperCase(),
        path.replace("/v1", "/v2"),
        `/v1/..${path}`,
      ],
      ...[
        "/",
        "*",
        "/v1",
        "/v1/",
        "/docs",
        "/docs/%2e%2e/",
        "/openapi.json",
        "/openapi.json/",
        `/${"a".repeat(5000)}`,
        "/%ff",
        "/v1/%00",
        "/\u00e9",
        "http://other.example/v1/stats",
      ],
    ]);
  }),
];
