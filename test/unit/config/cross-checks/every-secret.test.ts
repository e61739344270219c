/** Credentials of push and WhatsApp could be placeholders without a word: the schema's own marks decide what is checked. */
import { expect, test } from "vitest";
import { type Config, ConfigSchema } from "../../../../src/config/schema.ts";
import { secretChecks } from "../../../../src/config/secrets.ts";
import { pathText } from "../../../../src/typed-yaml/errors.ts";
import { nodeOf, type SchemaNode, shapeOf } from "../../../../src/typed-yaml/schema-node.ts";

/** Fills each secret of the schema; maps get one entry `x`, lists one item. @returns what was filled, by its path */
function fill(node: SchemaNode, at: string, found: string[], value: (at: string) => string): unknown {
  if (node["x-secret"]) {
    found.push(at);
    return value(at);
  }
  const shape = shapeOf(node);
  switch (shape.kind) {
    case "section":
      return Object.fromEntries(
        Object.entries(shape.properties).map(([key, child]) => [
          key,
          fill(child, at === "" ? key : `${at}.${key}`, found, value),
        ]),
      );
    case "map":
      return { x: fill(shape.entry, `${at}.x`, found, value) };
    case "list":
      return [fill(shape.items, `${at}[0]`, found, value)];
    case "alternatives":
      return Object.assign({}, ...shape.variants.map((variant) => fill(variant, at, found, value)));
    case "leaf":
      return undefined;
  }
}

function problemsOf(value: (at: string) => string) {
  const found: string[] = [];
  const config = fill(nodeOf(ConfigSchema), "", found, value) as Config;
  const problems = secretChecks
    .filter(({ reads }) => !reads.includes("apps"))
    .flatMap((check) => check.problems(config, () => true));
  return { found, problems: problems.map(({ path }) => pathText(path)) };
}

/** Marked because a key may stand there by mistake or in part; no secrets themselves. */
const hiddenOnly = [
  "apps.x.api_keys_sha256[0]",
  "admin.api_keys_sha256[0]",
  // The password inside it is checked.
  "records.url",
  ...["headers.x", "query.x", "json", "form.x"].map((name) => `sms.routes.x.http.${name}`),
];

test("a placeholder is refused in every secret of the schema", () => {
  const { found, problems } = problemsOf((at) => `changeme ${at}`.replaceAll(" ", "-"));
  expect(found).toEqual(expect.arrayContaining(["whatsapp.access_token", "push.apns.x.private_key", ...hiddenOnly]));
  expect(new Set(problems)).toEqual(new Set(found.filter((at) => !hiddenOnly.includes(at))));
});

test("a key of the gateway that is any other secret too is refused", () => {
  const value = "9f86d081884c7d659a2feaa0c55ad015";
  const { found } = problemsOf((at) => at);
  const others = found.filter((at) => at !== "secrets.hmac_key" && !hiddenOnly.includes(at));
  for (const other of others) {
    const { problems } = problemsOf((at) => (at === other || at === "secrets.hmac_key" ? value : `own-${at}`));
    expect(problems, other).toEqual(["secrets.hmac_key"]);
  }
});
