/**
 * Dependencies between folders: which folder may import which, from the import statements themselves, types included. A new
 * folder gets a row here; a new arrow is a decision, and one that runs back up or in a circle is refused.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { importsOf, root, sourceFiles, unitOf } from "./imports.ts";

/** Clock, random, refusals; YAML and schemas: every folder may use these. */
const foundation = ["shared", "typed-yaml"];
const telephony = [
  ...["telephony", "telephony/calls", "telephony/trunks", "telephony/call-control"],
  ...["telephony/asterisk", "telephony/sip-capture", "telephony/sip-trunks"],
];
/** The layers of our own SIP. */
const sipLayers = [
  ...["sip", "sip/transport", "sip/transaction", "sip/location", "sip/auth", "sip/call", "sip/identity"],
  ...["sip/inbound", "sip/exchange", "sip/qualify", "sip/registration"],
];
const messages = ["channels/messages", "channels/sms", "channels/whatsapp", "channels/email", "channels/push"];
const channels = ["channels/calls", "channels/missed-call", "channels/call-in", "channels/voice", ...messages];
/** What is known of numbers beyond the rule, each part in a folder. */
const numberParts = [
  ...[
    "numbers/cleaning",
    "numbers/health",
    "numbers/live-check",
    "numbers/lookup",
    "numbers/networks",
    "numbers/scrubs",
  ],
];
const domain = [
  ...["apps", "audit", "numbers", ...numberParts, "caller-ids", "subjects", "verification", "operations"],
  ...channels,
];

/** By folder (inside telephony, channels and numbers by subfolder): the folders that it may import beside `foundation` and itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  "typed-yaml": [],
  numbers: [],
  "numbers/lookup": ["numbers", "numbers/live-check", "numbers/networks"],
  "numbers/cleaning": ["numbers", "numbers/lookup", "numbers/networks"],
  "numbers/networks": ["numbers", "outgoing-http"],
  // Learns from events, and is a rule of the guard.
  "numbers/health": ["apps", "events", "guard", "numbers", "numbers/lookup", "subjects", "verification"],
  "numbers/live-check": ["numbers"],
  "numbers/scrubs": ["numbers", "numbers/cleaning"],
  apps: ["audit", "numbers", "numbers/networks"],
  // Messages and their headers, framing, evidence; below it the layers of RFC 3261, from the lowest up.
  sip: [],
  "sip/transport": ["sip"],
  "sip/transaction": ["sip", "sip/transport"],
  "sip/location": ["sip/transport"],
  "sip/auth": ["sip", "sip/transaction"],
  "sip/inbound": ["sip", "sip/transport", "sip/transaction"],
  // Signed identities: pure, of numbers and keys alone.
  "sip/identity": [],
  "sip/call": ["sip", "sip/transport", "sip/transaction", "sip/location", "sip/auth"],
  // One request outside of dialogs, with its challenges and failover.
  "sip/exchange": ["sip", "sip/transport", "sip/transaction", "sip/location", "sip/auth"],
  "sip/registration": ["sip", "sip/transport", "sip/transaction", "sip/location", "sip/auth", "sip/exchange"],
  "sip/qualify": ["sip/transport", "sip/transaction", "sip/location", "sip/exchange"],
  // Makes prompts, whose texts are among those of the messages.
  speech: ["channels/messages"],
  "telephony/sip-capture": ["sip", "telephony/call-control"],
  // The port of the drivers; the evidence of those that speak SIP themselves.
  "telephony/call-control": ["sip"],
  "telephony/asterisk": ["telephony/call-control"],
  // The driver `sip`, its configuration and header rules, and what assembles the stack.
  "telephony/sip-trunks": [...sipLayers, "telephony/call-control"],
  "telephony/trunks": [
    ...["apps", "numbers", "numbers/networks"],
    ...["telephony/asterisk", "telephony/call-control", "telephony/sip-trunks"],
  ],
  "telephony/calls": [
    ...["numbers", "sip"],
    ...["telephony/asterisk", "telephony/call-control", "telephony/sip-capture", "telephony/trunks"],
  ],
  // Places the calls of live checks: the port of numbers over the dialer.
  "telephony/live-check": ["caller-ids", "numbers/health", "numbers/live-check", "telephony/calls", "telephony/trunks"],
  telephony: ["apps", "numbers/networks", ...telephony],
  // What a call says of its caller ID (telephony/calls/outcome.ts).
  "caller-ids": ["numbers", "telephony/calls"],
  verification: ["apps", "numbers", "numbers/lookup", "numbers/networks"],
  "channels/call-in": ["numbers", "caller-ids", "verification", "telephony/calls"],
  // What SMS, WhatsApp, e-mail and push share.
  "channels/messages": ["verification", "outgoing-http"],
  "channels/email": ["channels/messages", "verification"],
  "channels/missed-call": ["caller-ids", "verification", "telephony/calls", "telephony/trunks", "channels/calls"],
  "channels/sms": [
    ...["channels/messages", "numbers", "numbers/networks", "outgoing-http", "verification", "telephony/trunks"],
  ],
  "outgoing-http": [],
  "human-check": ["outgoing-http"],
  // Tokens of pages: signed with the keys of verifications, whose end is theirs.
  tokens: ["apps", "verification"],
  audit: [],
  // Assembles what each feature keeps of somebody.
  subjects: ["audit", "verification"],
  "channels/whatsapp": ["apps", "verification", "channels/messages", "outgoing-http"],
  "channels/push": ["apps", "verification", "channels/messages", "outgoing-http"],
  // What the channels that call have in common.
  "channels/calls": ["caller-ids", "verification", "telephony/calls", "telephony/trunks"],
  "channels/voice": [
    ...["caller-ids", "channels/calls", "channels/messages", "channels/missed-call", "speech", "verification"],
    ...["telephony/asterisk", "telephony/call-control", "telephony/calls", "telephony/trunks"],
  ],
  // Assembles what each feature declares.
  events: ["caller-ids", "verification", ...channels],
  operations: ["apps", "audit", "telephony", "telephony/trunks"],
  // The primary of several processes, and how they reach each other.
  processes: ["telephony/sip-trunks"],
  observability: [
    ...["events", "guard", "processes", "numbers/health", "numbers/networks", "webhooks"],
    ...["telephony/calls", "telephony/sip-trunks", "telephony/trunks"],
  ],
  // Records of ended verifications, and statistics over them (outcomes of calls).
  cdr: ["apps", "numbers", "numbers/networks", "telephony/calls", "verification"],
  proofs: ["verification"],
  approval: ["apps", "guard", "outgoing-http", "verification", "webhooks"],
  "opt-out": [
    ...["caller-ids", "channels/messages", "channels/sms", "events", "guard", "numbers", "subjects", "verification"],
    "telephony/calls",
  ],
  webhooks: ["audit", "events", "outgoing-http", "subjects", "verification"],
  // Wraps what is traced.
  tracing: ["channels/messages", "telephony/calls"],
  // Implements the ports of the domain.
  redis: [
    ...domain,
    "events",
    "guard",
    "opt-out",
    "proofs",
    "telephony/calls",
    "telephony/sip-trunks",
    "telephony/trunks",
    "webhooks",
    "tokens",
  ],
  // Implements the store ports of what is kept.
  records: [
    ...["apps", "audit", "cdr", "events", "guard", "numbers/networks", "operations", "opt-out", "subjects"],
    ...["verification", "webhooks"],
  ],
  guard: ["apps", "audit", "numbers", "verification"],
  // Hands public events on to the clients of streams.
  live: ["apps", "events", "verification"],
  http: [
    ...domain,
    "cdr",
    "observability",
    "telephony/call-control",
    "telephony/calls",
    "telephony/trunks",
    "events",
    "guard",
    "human-check",
    "live",
    "opt-out",
    "proofs",
    "tokens",
    "webhooks",
  ],
  // Assembles the sections and the checks of all features.
  config: [
    ...domain,
    ...telephony,
    "doctor",
    "events",
    "guard",
    "http",
    "human-check",
    "live",
    "observability",
    "opt-out",
    "processes",
    "proofs",
    "records",
    "redis",
    "webhooks",
  ],
  doctor: [...domain, ...telephony, "outgoing-http", "processes", "speech"],
  local: ["speech"],
  sandbox: [
    ...["app.ts", "apps", "numbers", "config", "events", "local", "proofs", "telephony/asterisk"],
    ...["sip", "sip/transaction", "sip/transport"],
    ...messages,
  ],
  build: ["config"],
  commands: [
    "app.ts",
    ...["numbers", "numbers/cleaning"],
    "approval",
    "app-admin.ts",
    "apps",
    ...messages,
    "cdr",
    "config",
    "doctor",
    "observability",
    "opt-out",
    "processes",
    "proofs",
    "records",
    "sandbox",
    "speech",
    "telephony/asterisk",
    "telephony/trunks",
    "tracing",
  ],
  "app-options.ts": ["channels/messages", "config", "events", "operations", "processes", "verification"],
  "app-peers.ts": ["http", "observability", "operations", "processes", "telephony/call-control"],
  "app-guard.ts": [
    ...["approval", "apps", "audit", "config", "guard", "opt-out", "records", "redis", "subjects", "verification"],
  ],
  "app-numbers.ts": ["app-scrubs.ts", "apps", "config", "numbers", ...numberParts, "redis", "subjects", "verification"],
  "app-scrubs.ts": ["config", "numbers/scrubs", "redis", "verification"],
  "app-live-check.ts": [
    ...["apps", "caller-ids", "channels/calls", "config", ...numberParts, "observability"],
    ...["redis", "telephony", "telephony/live-check", "verification"],
  ],
  "app-channels.ts": [
    ...["app-options.ts", "apps", "caller-ids", "config", "events", "numbers/networks", "opt-out", "redis"],
    ...["telephony", "tracing", "verification", ...channels],
  ],
  "app.ts": [
    ...["app-channels.ts", "app-guard.ts", "app-live-check.ts", "app-numbers.ts", "app-options.ts", "app-peers.ts"],
    ...domain,
    ...telephony,
    "cdr",
    "config",
    // A gateway notes the test calls of the canary.
    "doctor",
    "events",
    "guard",
    "http",
    "live",
    "observability",
    "opt-out",
    "proofs",
    "records",
    "redis",
    "speech",
    "webhooks",
    "tracing",
  ],
  // The composition root of commands that change apps and keys.
  "app-admin.ts": ["apps", "audit", "config", "records", "redis", "verification"],
  "main.ts": ["commands"],
};

/**
 * Arrows that run the wrong way today, each with what removes it. The list only shrinks: an entry that is no longer needed
 * fails the test.
 */
const exceptions: readonly (readonly [from: string, to: string, reason: string])[] = [
  ["doctor", "redis", "the store port of test calls and outages is opened by the doctor itself, not by its command"],
];

const files = sourceFiles();
const arrows = files.flatMap(({ path, imports }) =>
  imports.map((target) => ({ path, target, from: unitOf(path), to: unitOf(target) })),
);

test("import statements of every form are read, types included", () => {
  const text = [
    'import type { A } from "./a.ts";',
    'export { b } from "../b/b.ts";',
    'import "./c.ts";',
    'const d = await import("../../d.ts");',
    'import {\n  type E,\n  f,\n} from "../e.ts";',
    'import { g } from "g";',
  ].join("\n");
  expect(importsOf("x/y/z.ts", text)).toEqual(["x/y/a.ts", "x/b/b.ts", "x/y/c.ts", "d.ts", "x/e.ts"]);
});

test("every folder of src/ has a row, and every row a folder", () => {
  expect(Object.keys(allowed).sort()).toEqual([...new Set(files.map(({ path }) => unitOf(path)))].sort());
});

test("folders import only what the table allows", () => {
  const wrong = arrows
    .filter(({ from, to }) => from !== to && !foundation.includes(to) && !allowed[from]?.includes(to))
    .filter(({ from, to }) => !exceptions.some(([a, b]) => a === from && b === to))
    .map(({ path, target, from, to }) => `src/${path} imports src/${target}: ${from} may not import ${to}`);
  expect(wrong).toEqual([]);
});

test("only numbers/library.ts imports libphonenumber-js: all read numbers by the plans in use", () => {
  const reads = (path: string) => /from "libphonenumber-js/.test(readFileSync(join(root, path), "utf8"));
  expect(files.map(({ path }) => path).filter(reads)).toEqual([
    // Calling codes of one and two digits alone, which ITU-T has assigned for good.
    "channels/missed-call/caller-id-pattern.ts",
    "numbers/library.ts",
    // Reads plans that are not in use yet.
    "numbers/metadata-problems.ts",
  ]);
});

test("typed-yaml and shared import no feature", () => {
  const wrong = arrows.filter(({ from, to }) => foundation.includes(from) && !foundation.includes(to));
  expect(wrong.map(({ path, target }) => `${path} imports ${target}`)).toEqual([]);
});

test("no two folders import each other", () => {
  const pairs = new Set(arrows.filter(({ from, to }) => from !== to).map(({ from, to }) => `${from} → ${to}`));
  const mutual = [...pairs].filter((pair) => pairs.has(pair.split(" → ").reverse().join(" → ")));
  const known = new Set(exceptions.flatMap(([a, b]) => [`${a} → ${b}`, `${b} → ${a}`]));
  expect(mutual.filter((pair) => !known.has(pair))).toEqual([]);
});

describe("the exceptions", () => {
  test.each(exceptions)("%s → %s is still needed", (from, to) => {
    expect(arrows.some((arrow) => arrow.from === from && arrow.to === to)).toBe(true);
  });
});

test("only the composition roots (and today the doctor) import the Redis adapter; its section of the configuration is free", () => {
  const wrong = arrows
    .filter(
      ({ from, to, target }) => to === "redis" && from !== "redis" && !/^redis\/config(-checks)?\.ts$/.test(target),
    )
    .filter(
      ({ from }) =>
        ![
          ...[
            "app.ts",
            "app-admin.ts",
            "app-channels.ts",
            "app-guard.ts",
            "app-live-check.ts",
            "app-numbers.ts",
            "app-scrubs.ts",
          ],
          "doctor",
        ].includes(from),
    );
  expect(wrong.map(({ path, target }) => `src/${path} imports src/${target}`)).toEqual([]);
});

test("only what assembles the configuration sees all of it", () => {
  const assembles = [
    "config",
    "app.ts",
    "app-channels.ts",
    "app-guard.ts",
    "app-live-check.ts",
    "app-numbers.ts",
    "app-scrubs.ts",
    "commands",
    "sandbox",
    "build",
  ];
  const wrong = arrows.filter(({ from, target }) => target === "config/schema.ts" && !assembles.includes(from));
  expect(wrong.map(({ path }) => `src/${path} imports src/config/schema.ts`)).toEqual([]);
});

test("a channel is known by its name to its own folder, to what assembles channels, and to the sandbox", () => {
  const knows = (path: string) => /\bcall_in\b/.test(readFileSync(join(root, path), "utf8"));
  const outside = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(ts|js|lua)$/.test(path) && !/^(channels\/call-in|sandbox)\//.test(path))
    .filter(knows);
  expect(outside.sort()).toEqual([
    ...["app-channels.ts", "config/channels.ts", "config/live-sections.ts", "config/schema.ts"],
    "http/verifications/channels.ts",
  ]);
});

test("no file is longer than 300 lines", () => {
  const long = files.filter(({ lines }) => lines > 300);
  expect(long.map(({ path, lines }) => `src/${path} has ${lines} lines`)).toEqual([]);
});
