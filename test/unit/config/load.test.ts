import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { loadConfig, resolveConfig, variables } from "../../../src/config/load.ts";
import { ConfigSchema } from "../../../src/config/schema.ts";
import { readOverrides } from "../../../src/typed-yaml/environment.ts";
import { ConfigError } from "../../../src/typed-yaml/errors.ts";
import { nodeOf } from "../../../src/typed-yaml/schema-node.ts";
import { leastConfig } from "../../support/test-config.ts";
import { problemsAfter } from "./config-files.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onering-config-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function load(text: string | Buffer, env: Record<string, string> = {}) {
  const path = join(folder, "onering.yaml");
  await writeFile(path, text);
  return loadConfig({ path, env });
}

async function messageOf(text: string | Buffer, env: Record<string, string> = {}): Promise<string> {
  const error = await load(text, env).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).message;
}

/** Of Asterisk's channels, in its dialplan. */
const channelVariables = ["ONERING_INVITE", "ONERING_LAST_RESPONSE"];

/** What begins like a setting in the source, the documentation and its examples. */
async function namedVariables(): Promise<readonly string[]> {
  const found = await Promise.all(
    ["docs", "src"].map((root) => readdir(root, { recursive: true, withFileTypes: true })),
  );
  const files = found
    .flat()
    .filter((entry) => entry.isFile() && /\.(md|ts|mjs|sh|py|php|go|yaml|env)$/.test(entry.name));
  const texts = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), "utf8")));
  const names = texts.flatMap((text) => text.match(/\bONERING_[A-Z_]*[A-Z]\b/g) ?? []);
  return [...new Set(names)].filter((name) => !channelVariables.includes(name));
}

const least = `
redis: {url: "redis://127.0.0.1:6379"}
secrets: {hmac_key: k9Xw2pQz7LmN4vRt8JhB3sDf6GyC1eUa}
asterisks:
  pbx: {ari_url: "http://127.0.0.1:8088", ari_user: onering, ari_password: s3xY-pass}
trunks:
  a: {asterisk: pbx, endpoint: carrier, ranges: [block]}
ranges:
  block: {prefix: +4477009}
routes:
  - {prefix: +, trunks: [a]}
apps:
  shop: {api_keys_sha256: [${"ab".repeat(32)}]}
`;

describe("a file that is right", () => {
  test("the production example loads", async () => {
    const names = ["REDIS_PASSWORD", "HMAC_KEY", "ARI_PASSWORD", "AMI_PASSWORD"];
    const env: Record<string, string> = Object.fromEntries(
      names.map((name) => [name, `${name}-kX29fbQ7wZ31mN05vRt8JhB`]),
    );
    for (const [index, name] of ["SHOP", "BANK", "BANK_NEXT"].entries())
      env[`${name}_KEY_SHA256`] = `${index}a`.repeat(32);
    const config = await loadConfig({ path: "docs/examples/onering.yaml", env });
    expect(config.redis.url).toBe("redis://:REDIS_PASSWORD-kX29fbQ7wZ31mN05vRt8JhB@127.0.0.1:6379/0");
    expect(config.trunks["carrier-b"]?.ring_on).toBe("180");
    expect(config.apps.bank?.api_keys_sha256).toEqual(["1a".repeat(32), "2a".repeat(32)]);
  });

  test("the production example without an Asterisk loads", async () => {
    const names = ["REDIS_PASSWORD", "HMAC_KEY", "CARRIER_PASSWORD"];
    const env = Object.fromEntries(names.map((name) => [name, `${name}-kX29fbQ7wZ31mN05vRt8JhB`]));
    const config = await loadConfig({
      path: "docs/examples/onering-sip.yaml",
      env: { ...env, SHOP_KEY_SHA256: "0a".repeat(32) },
    });
    expect(config.asterisks).toEqual({});
    expect(config.trunks["carrier-b"]?.sip).toMatchObject({ transport: "tls", register: { expires_seconds: 300 } });
  });

  test.each(["onering.yaml", "onering.docker.yaml", "onering-sip.yaml", "onering.docker-sip.yaml"])(
    "the example %s cannot call the whole world",
    async (name) => {
      const { numbers, routes } = parse(await readFile(`docs/examples/${name}`, "utf8"));
      expect(numbers.allowed_countries.length).toBeGreaterThan(0);
      for (const { prefix } of routes) expect(prefix).toMatch(/^\+\d/);
    },
  );

  test("the least that must be given loads, with every default filled in, inside maps too", async () => {
    const config = await load(least);
    expect(config.http.port).toBe(8080);
    expect(config.verification.max_guess_probability).toBe(0.001);
    expect(config.asterisks.pbx).toMatchObject({
      driver: "ari-websocket",
      ari_app: "onering",
      max_concurrent_calls: 500,
    });
    expect(config.trunks.a).toMatchObject({ number_format: "+e164", ring_on: "180" });
    expect(config.ranges.block).toEqual({ prefix: "+4477009", digits: 4 });
    expect(config.numbers.default_country).toBeUndefined();
  });

  test("numbers that YAML would change stay as written: +44, 180, a password of digits with zeros in front", async () => {
    const config = await load(
      least.replace("endpoint: carrier", "endpoint: 007, ring_on: 180").replace("s3xY-pass", "00123456"),
    );
    expect(config.ranges.block).toMatchObject({ prefix: "+4477009" });
    expect(config.trunks.a).toMatchObject({ ring_on: "180", endpoint: "007" });
    expect(config.asterisks.pbx?.ari_password).toBe("00123456");
  });

  test("a section that is named but empty has its defaults", async () => {
    expect((await load(`${least}calls:\nlog:\n`)).calls.ring_ms).toBe(5000);
  });

  test("what is loaded is never shared: changing one configuration leaves the next one's defaults alone", async () => {
    const first = await load(least);
    first.http.cors_origins.push("https://evil.example");
    expect((await load(least)).http.cors_origins).toEqual([]);
  });
});

describe("a file that is no YAML map", () => {
  test.each([
    ["a key twice", "http: {port: 1}\nlog: {}\nhttp: {port: 2}\n", "line 3: expected each key once"],
    ["a tab", "http:\n\tport: 1\n", "line 2: expected spaces for indentation"],
    ["an alias", "http: &h {port: 1}\nlog: *h\n", "line 2: expected the value itself: aliases"],
    ["an anchor", "http: &h {port: 1}\n", "line 1: expected no anchors"],
    ["two documents", "http: {}\n---\nlog: {}\n", "one YAML document"],
    ["a tag", "http: {port: !!int 5}\n", "line 1: expected a value without a YAML tag"],
    ["a list", "- http\n", "a list of 1 given, expected a section"],
    ["a string", "http\n", "expected a section"],
    ["nothing", "", "the file is empty"],
    ["only a comment", "# http\n", "the file is empty"],
    ["a map as a key", "? {a: b}\n: c\n", "keys that are plain names"],
    ["an unclosed quote", 'http: {host: "127}\n', "expected valid YAML"],
    [
      "a variable in a list without quotes",
      `http:\n  a: [\${A}]\nlog: [b\n`,
      "1 problem\n  line 2: expected valid YAML: a quote, bracket, comma or colon",
    ],
    ["no UTF-8", Buffer.from([0x68, 0x3a, 0x20, 0xff, 0xfe]), "text in UTF-8"],
  ])("%s", async (_, text, expected) => {
    expect(await messageOf(text)).toContain(expected);
  });

  test("a bomb of aliases is refused at once", async () => {
    const levels = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`);
    expect(await messageOf(`a0: &a0 [x]\n${levels.join("\n")}\n`)).toContain("aliases are not read");
  });

  test("a file nested ten thousand deep is refused, not a crash", async () => {
    expect(await messageOf(`http: ${"[".repeat(10_000)}${"]".repeat(10_000)}\n`)).toContain("expected");
  });

  test("a file that is too large, missing or a folder", async () => {
    expect(await messageOf(`# ${"x".repeat(1_048_576)}`)).toContain("more than 1048576");
    await expect(loadConfig({ path: join(folder, "none.yaml"), env: {} })).rejects.toThrow("there is no such file");
    await expect(loadConfig({ path: folder, env: {} })).rejects.toThrow("this is a folder, not a file");
  });

  test("no message quotes the file, which may hold a secret", async () => {
    const secret = "hunter2";
    for (const value of [
      `!${secret}`,
      `*${secret}`,
      `|${secret}`,
      `"${secret}`,
      `\`${secret}`,
      `{${secret}`,
      `%${secret}: x`,
    ]) {
      expect(await messageOf(`secrets:\n  hmac_key: ${value}\n`), value).not.toContain(secret);
    }
  });

  test("any string either loads or is a ConfigError", async () => {
    const texts = fc.string({ unit: fc.constantFrom(..."ab:-{}[]&*!|>\"'#%@`, \n\t$?0"), maxLength: 60 });
    await fc.assert(fc.asyncProperty(texts, async (text) => void (await messageOf(text))));
  });
});

describe("variables in strings", () => {
  const withPassword = least.replace("s3xY-pass", () => `"x\${ARI}y$$z"`);

  test("are replaced, once, and $$ is a dollar sign", async () => {
    const config = await load(withPassword, { ARI: `p4ss\${HOME}` });
    expect(config.asterisks.pbx?.ari_password).toBe(`xp4ss\${HOME}y$z`);
  });

  test("may give numbers", async () => {
    expect((await load(`${least}calls: {ring_ms: "\${RING}"}`, { RING: "7000" })).calls.ring_ms).toBe(7000);
  });

  test.each([{}, { ARI: "" }])("that are missing or empty are reported with key, line and name", async (env) => {
    expect(await messageOf(withPassword, env as Record<string, string>)).toContain(
      `asterisks.pbx.ari_password (line 5, \${ARI}): the environment variable ARI is not set or is empty`,
    );
  });

  test("that are not closed are reported", async () => {
    expect(await messageOf(least.replace("s3xY-pass", `"\${ARI"`))).toContain(
      `ari_password (line 5): expected \${NAME}`,
    );
  });
});

describe("overrides from the environment", () => {
  test("win over the file, by the setting's type, and make sections that the file leaves out", () => {
    const document = { ...leastConfig(), http: { port: 1 } };
    const env = {
      ONERING_HTTP_PORT: "9000",
      ONERING_LOG_LEVEL: "debug",
      ONERING_VERIFICATION_MAX_GUESS_PROBABILITY: "0.01",
      ONERING_REDIS_COMMAND_TIMEOUT_MS: "100",
      ONERING_SECRETS_HMAC_KEY: "ZZk9Xw2pQz7LmN4vRt8JhB3sDf6GyC1eUa",
    };
    const config = resolveConfig({ name: "test", document, env });
    expect(config).toMatchObject({
      http: { port: 9000 },
      log: { level: "debug" },
      verification: { max_guess_probability: 0.01 },
      redis: { command_timeout_ms: 100, url: "redis://127.0.0.1:6379" },
      secrets: { hmac_key: env.ONERING_SECRETS_HMAC_KEY },
    });
    expect(document.http.port).toBe(1);
  });

  test("make optional sections", () => {
    const document = leastConfig();
    document.redis = { sentinel: { nodes: ["10.0.0.1:26379"], password: "p4ss-w0rd" } };
    const env = { ONERING_REDIS_SENTINEL_NAME: "main", ONERING_REDIS_SENTINEL_TLS: "true" };
    expect(resolveConfig({ name: "test", document, env }).redis.sentinel).toMatchObject({ name: "main", tls: true });
  });

  test("are reported by the variable's name when they are wrong", async () => {
    for (const value of ["99999", "http", "", "8080.5", "0x10", "08080"]) {
      expect(await messageOf(least, { ONERING_HTTP_PORT: value }), value).toMatch(
        /http\.port \(ONERING_HTTP_PORT\): .* 0 to 65535/,
      );
    }
  });

  test("spare the file's variable that they replace", async () => {
    const text = least.replace("hmac_key: k9Xw2pQz7LmN4vRt8JhB3sDf6GyC1eUa", `hmac_key: "\${NOT_SET}"`);
    const config = await load(text, { ONERING_SECRETS_HMAC_KEY: "k9Xw2pQz7LmN4vRt8JhB3sDf6GyC1eUa" });
    expect(config.secrets.hmac_key).toBe("k9Xw2pQz7LmN4vRt8JhB3sDf6GyC1eUa");
  });

  test("with a name that is no setting are errors with the nearest names, unless the file uses them", async () => {
    expect(await messageOf(least, { ONERING_HTP_PORT: "1" })).toContain(
      "ONERING_HTP_PORT (environment): expected the name of a setting (did you mean ONERING_HTTP_PORT",
    );
    expect(await messageOf(least, { ONERING_TRUNKS_A_ENDPOINT: "x" })).toContain("ONERING_TRUNKS_A_ENDPOINT");
    await load(least, { ONERING_CHROMIUM: "/usr/bin/chromium", ONERING_CONFIG: "onering.yaml", PATH: "/bin" });
    await load(least.replace("s3xY-pass", `"\${ONERING_ARI_PASSWORD}"`), { ONERING_ARI_PASSWORD: "s3xY-pass" });
  });

  test("that other commands and the examples read are no errors: doctor ended with 78 after the export for trace", async () => {
    await load(least, {
      ONERING_OPERATOR_KEY: "or_x",
      ONERING_API_KEY: "or_y",
      ONERING_SCRUB_DATABASE_URL: "mysql://z",
    });
    const env = Object.fromEntries((await namedVariables()).map((name) => [name, "1"]));
    expect(Object.keys(env)).toEqual(
      expect.arrayContaining(["ONERING_OPERATOR_KEY", "ONERING_KEY", "ONERING_HTTP_PORT"]),
    );
    expect(readOverrides(nodeOf(ConfigSchema), env, variables, new Set()).problems).toEqual([]);
  });
});

describe("values that do not fit", () => {
  test("are reported all at once, each with key, line, value and what was expected", async () => {
    const message = await messageOf(
      least
        .replace("prefix: +4477009", "prefix: +4477009, digits: 50")
        .replace("asterisk: pbx", "asterisk: pbxx, ring_on: 183")
        .replace("redis://", "http://joe:hunter2@")
        .concat("calls: {ring_ms: 50}\ncals: {ring_ms: hunter2}\n"),
      { ONERING_LOG_LEVEL: "loud" },
    );
    expect(message.split("\n").slice(1).sort()).toEqual(
      [
        '  calls.ring_ms (line 14): "50" given, expected a whole number of milliseconds from 1000 to 30000',
        "  cals (line 15): unknown key; did you mean `calls`?",
        '  log.level (ONERING_LOG_LEVEL): "loud" given, expected one of fatal, error, warn, info, debug, silent',
        '  ranges.block.digits (line 9): "50" given, expected a whole number from 2 to 8',
        '  redis.url (line 2): "http://***@127.0.0.1:6379" given, expected an address that starts with redis:// or rediss://',
        '  trunks.a.asterisk (line 7): "pbxx" given, expected the name of one of asterisks (did you mean pbx?)',
        '  trunks.a.ring_on (line 7): "183" given, expected one of 180, 180+183',
      ].sort(),
    );
  });

  test.each([
    ["a section missing", "redis: nothing", (c: Record<string, unknown>) => delete c.redis],
    [
      "a key missing",
      "asterisks.pbx.ari_url: nothing",
      (c) => (c.asterisks = { pbx: { ari_user: "a", ari_password: "bcd" } }),
    ],
    ["a list for a section", "redis: a list of 1 →", (c) => (c.redis = ["redis://x"])],
    ["null for a section", "redis: null →", (c) => (c.redis = null)],
    ["a section for a list", "routes: a section →", (c) => (c.routes = {})],
    ["no entry in a map", "trunks: 0 entries → 1 to 1000", (c) => (c.trunks = {})],
    ["no entry in a list", "routes: a list of 0 →", (c) => (c.routes = [])],
    [
      "an entry twice",
      "trunks.a.ranges: a list of 2 →",
      (c) => (c.trunks = { a: { asterisk: "pbx", endpoint: "e", ranges: ["block", "block"] } }),
    ],
    [
      "a name with capitals",
      "ranges.Block: a name →",
      (c) => Object.assign(c.ranges as object, { Block: { prefix: "+4477010" } }),
    ],
    [
      "a range of neither kind",
      "ranges.block: neither → prefix or numbers",
      (c) => (c.ranges = { block: { digits: 4 } }),
    ],
    [
      "a range of both kinds",
      "ranges.block: both →",
      (c) => (c.ranges = { block: { prefix: "+4477009", numbers: [] } }),
    ],
    [
      "a range with a typo",
      "ranges.block.digit: unknown key; did you mean `digits`?",
      (c) => (c.ranges = { block: { prefix: "+4477009", digit: 4 } }),
    ],
    [
      "a number that is no integer",
      'calls.ring_ms: "5s" → a whole number of milliseconds',
      (c) => (c.calls = { ring_ms: "5s" }),
    ],
    [
      "the API key in place of its hash",
      "apps.shop.api_keys_sha256[0]: (hidden, 10 characters)",
      (c) => (c.apps = { shop: { api_keys_sha256: ["or_hunter2"] } }),
    ],
    [
      "a short secret",
      "secrets.hmac_key: (hidden, 7 characters) → a string of at least 32",
      (c) => (c.secrets = { hmac_key: "hunter2" }),
    ],
    ["a secret that is a section", "secrets: (hidden, 7 characters)", (c) => (c.secrets = "hunter2")],
  ] as [string, string, (c: Record<string, unknown>) => unknown][])("%s", (_, expected, change) => {
    const problems = problemsAfter((config) => void change(config));
    expect(problems.join("\n")).toContain(expected);
    expect(problems.join("\n")).not.toContain("hunter2");
  });

  test("one mistake is one problem: a wrong item does not make its list wrong, a missing variable not its value", async () => {
    expect(problemsAfter((c) => Object.assign(c, { numbers: { allowed_countries: ["FR", "france"] } }))).toEqual([
      'numbers.allowed_countries[1]: "france" → an ISO 3166 country of two capital letters, for instance GB',
    ]);
    const problems = problemsAfter((c) => Object.assign(c.secrets, { hmac_key: `\${NOT_SET}` }));
    expect(problems).toEqual(["secrets.hmac_key: the environment variable NOT_SET is not set or is empty"]);
  });

  test("a mistyped key is one problem: the key that it was meant to be is not missing too", () => {
    const mistyped = (section: Record<string, unknown>, from: string, to: string) => {
      section[to] = section[from];
      delete section[from];
    };
    expect(problemsAfter((c) => mistyped(c, "trunks", "trunk"))).toEqual([
      "trunk: unknown key; did you mean `trunks`?",
    ]);
    expect(problemsAfter((c) => mistyped(c.asterisks.pbx as Record<string, unknown>, "ari_url", "ari_ulr"))).toEqual([
      "asterisks.pbx.ari_ulr: unknown key; did you mean `ari_url` or `ari_user`?",
    ]);
    expect(problemsAfter((c) => mistyped(c.redis as Record<string, unknown>, "url", "urll"))).toEqual([
      "redis.urll: unknown key; did you mean `url`?",
    ]);
    expect(problemsAfter((c) => mistyped(c, "trunks", "lines"))).toEqual([
      expect.stringMatching(/^lines: unknown key; the known ones are /),
      "trunks: nothing → 1 to 1000 named entries",
    ]);
  });

  test("more than a thousand entries are refused", () => {
    const many = Object.fromEntries(
      Array.from({ length: 1001 }, (_, i) => [`app-${i}`, { api_keys_sha256: [String(i).padStart(64, "0")] }]),
    );
    expect(problemsAfter((c) => Object.assign(c, { apps: many }))).toEqual([
      "apps: 1001 entries → 1 to 1000 named entries",
    ]);
  });

  test("a prototype's names are no keys and no entries", async () => {
    expect(await messageOf(`${least}__proto__: {port: 1}\n`)).toContain("__proto__ (line 14): unknown key; the known");
    const problems = problemsAfter((config) =>
      Object.assign(config, { routes: [{ prefix: "+", trunks: ["constructor"] }] }),
    );
    expect(problems.join()).toContain('"constructor" → the name of one of trunks');
  });

  test("nothing that an object can hold makes it crash", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(leastConfig()), "http", "numbers", "calls"),
        fc.jsonValue(),
        (key, value) => {
          expect(problemsAfter((config) => Object.assign(config, { [key]: value }))).toBeInstanceOf(Array);
        },
      ),
      { numRuns: 500 },
    );
  });
});
