/** Secrets that are placeholders, published by this project, or used in two places. */
import { apiKeyHash, sandboxKey, sandboxOperatorKey } from "../apps/api-keys.ts";
import type { AppConfig } from "../apps/config.ts";
import type { AdminConfig } from "../operations/config.ts";
import { recordsPassword } from "../records/config-checks.ts";
import { redisPassword } from "../redis/config-checks.ts";
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import { type Path, type Problem, pathText } from "../typed-yaml/errors.ts";
import { nodeOf, type SchemaNode, shapeOf } from "../typed-yaml/schema-node.ts";
import { type Config, ConfigSchema } from "./schema.ts";

export const secretChecks: readonly CrossCheck<Config>[] = [
  { reads: ["apps", "admin"], problems: operatorsKeysAreTheirOwn },
  { reads: ["secrets"], problems: noPlaceholders },
  { reads: ["secrets"], problems: secretsDiffer },
];

/** Not for the sandbox, which listens on loopback only. */
export const publishedKeyChecks: readonly CrossCheck<Config>[] = [
  { reads: ["apps", "admin"], problems: keysAreNotPublished },
];

function operatorsKeysAreTheirOwn({ apps, admin }: Config, isSound: IsSound): Problem[] {
  const path = ["admin", "api_keys_sha256"];
  if (admin === undefined || !isSound(path)) return [];
  return admin.api_keys_sha256.flatMap((hash, index) => {
    const [owner] = Object.entries(apps).find(([, app]) => app.api_keys_sha256?.includes(hash)) ?? [];
    const expected = `a key of its own: the app ${owner} has this one, and could drain your trunks`;
    return owner === undefined ? [] : [{ path: [...path, index], given: "(hidden)", expected }];
  });
}

/** Keys that anyone can try. The empty one comes of hashing a variable that is not set. */
const publishedKeys = [sandboxKey, sandboxOperatorKey, "", "key", "secret", "password", "changeme", "test"];
/** By hash, with the line break that `echo key | sha256sum` adds too. */
const published = new Map(
  publishedKeys.flatMap((key) => [key, `${key}\n`].map((text) => [apiKeyHash(text), key] as const)),
);

function keysAreNotPublished({ apps, admin }: Config, isSound: IsSound): Problem[] {
  const owners: (readonly [Path, AppConfig | AdminConfig | undefined])[] = [
    ...Object.entries(apps).map(([name, app]) => [["apps", name], app] as const),
    [["admin"], admin],
  ];
  return owners.flatMap(([owner, section]) => {
    const path = [...owner, "api_keys_sha256"];
    if (section === undefined || !isSound(path)) return [];
    return section.api_keys_sha256.flatMap((hash, index) => {
      const key = published.get(hash);
      if (key === undefined) return [];
      const given = `the hash of ${key === "" ? "an empty key" : JSON.stringify(key)}`;
      return [{ path: [...path, index], given, expected: "the hash of a key that `onering key` made" }];
    });
  });
}

interface Secret {
  readonly path: Path;
  readonly value: string;
  /** Set where the secret is only a part of what is given. */
  readonly part?: "password";
}

/**
 * Marked as secret, because a key may be there by mistake or inside, and no secret themselves: hashes of keys, texts of
 * requests to providers, an address with a password.
 */
const onlyHidden =
  /^records\.url$|\.api_keys_sha256\[\d+\]$|^sms\.routes\.[^.]+\.http\.(json|(headers|query|form)\..+)$/;

/** The secrets that the file gives in the clear, as far as they could be read: every one that the schema marks. */
function secretsOf(config: Config, isSound: IsSound): readonly Secret[] {
  const inUrls: readonly Secret[] = [
    { path: ["redis", "url"], value: redisPassword(config.redis ?? {}, "url"), part: "password" },
    { path: ["records", "url"], value: recordsPassword(config.records?.url), part: "password" },
  ];
  return [...marked(nodeOf(ConfigSchema), config, []), ...inUrls].filter(
    ({ path, value }) => value !== "" && isSound(path),
  );
}

function marked(node: SchemaNode, value: unknown, path: Path): readonly Secret[] {
  if (node["x-secret"]) return typeof value === "string" && !onlyHidden.test(pathText(path)) ? [{ path, value }] : [];
  const shape = shapeOf(node);
  if (shape.kind === "alternatives") return shape.variants.flatMap((variant) => marked(variant, value, path));
  if (typeof value !== "object" || value === null) return [];
  if (shape.kind === "list") {
    return Array.isArray(value) ? value.flatMap((item, index) => marked(shape.items, item, [...path, index])) : [];
  }
  return Object.entries(value).flatMap(([key, child]) => {
    const own = shape.kind === "section" ? shape.properties[key] : shape.kind === "map" ? shape.entry : undefined;
    return own === undefined ? [] : marked(own, child, [...path, key]);
  });
}

/** What examples and tutorials write where a secret belongs. */
const placeholder =
  /change.?me|change.?this|replace.?(me|this)|example|placeholder|your.?(secret|password|key)|^(secret|password|asterisk|admin|onering)$/i;
/** `xxxxxxxx`, `00000000`. */
const oneCharacter = /^(.)\1*$/;
/** A key in PEM, or a service account in JSON: the name of a project in it may be `example-shop`. */
const isDocument = /[\s{]/;

function noPlaceholders(config: Config, isSound: IsSound): Problem[] {
  return secretsOf(config, isSound).flatMap(({ path, value, part }) => {
    const isPlaceholder = !isDocument.test(value) && placeholder.test(value);
    if (!isPlaceholder && !oneCharacter.test(value)) return [];
    const given = part === undefined ? "(hidden, a placeholder)" : `(hidden, its ${part} is a placeholder)`;
    const expected = `a ${part ?? "secret"} of your own, for instance from \`openssl rand -hex 32\`. If a carrier or provider chose it, ask them for another.`;
    return [{ path, given, expected }];
  });
}

/** The secrets that may stand nowhere else, each before those that it is compared with. */
const ownValues = [
  "secrets.hmac_key",
  "secrets.code_key",
  "secrets.opt_out_key",
  "secrets.sealing_key",
  "secrets.token_key",
  "sip_capture.password",
];

/** A pair is reported once, at the key that must be changed. */
function rankOf(path: Path): number {
  const rank = ownValues.findIndex((start) => pathText(path).startsWith(start));
  return rank < 0 ? ownValues.length : rank;
}

/** Keys must not be known to those who run Redis or Asterisk, or to a provider; the capture's password is sent in the clear. */
function secretsDiffer(config: Config, isSound: IsSound): Problem[] {
  const secrets = secretsOf(config, isSound).toSorted((a, b) => rankOf(a.path) - rankOf(b.path));
  return secrets.flatMap(({ path, value }, index) => {
    if (rankOf(path) === ownValues.length) return [];
    const other = secrets.slice(index + 1).find((secret) => secret.value === value);
    if (other === undefined) return [];
    const where = other.part === undefined ? pathText(other.path) : `the ${other.part} in ${pathText(other.path)}`;
    return [{ path, given: "(hidden)", expected: `a secret of its own: ${where} is the same` }];
  });
}
