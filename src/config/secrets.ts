/** Secrets that are placeholders, published by this project, or used in two places. */
import { apiKeyHash, sandboxKey } from "../apps/api-keys.ts";
import type { AppConfig } from "../apps/config.ts";
import type { AdminConfig } from "../operations/config.ts";
import { redisPassword } from "../redis/config-checks.ts";
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import { type Path, type Problem, pathText } from "../typed-yaml/errors.ts";
import type { Config } from "./schema.ts";

export const secretChecks: readonly CrossCheck<Config>[] = [
  { reads: ["apps", "admin"], problems: operatorsKeysAreTheirOwn },
  { reads: ["secrets", "redis", "asterisks", "sip_capture", "whatsapp"], problems: noPlaceholders },
  { reads: ["secrets", "redis", "asterisks", "sip_capture", "whatsapp"], problems: secretsDiffer },
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
const publishedKeys = [sandboxKey, "", "key", "secret", "password", "changeme", "test"];
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

/** Keys that have a secret of their own where the operator gives one. */
const purposeKeys = ["code_key", "sealing_key"] as const;

interface Secret {
  readonly path: Path;
  readonly value: string;
}

/** The secrets that the file gives in the clear, as far as they could be read. */
function secretsOf(
  { secrets, redis, asterisks, sip_capture, sms, email, whatsapp }: Config,
  isSound: IsSound,
): readonly Secret[] {
  const all: (readonly [Path, string | undefined])[] = [
    [["secrets", "hmac_key"], secrets.hmac_key],
    ...purposeKeys.flatMap((name) => [
      [["secrets", name, "current"], secrets[name]?.current] as const,
      ...(secrets[name]?.previous ?? []).map((value, index) => [["secrets", name, "previous", index], value] as const),
    ]),
    [["sip_capture", "password"], sip_capture?.password],
    [["whatsapp", "app_secret"], whatsapp?.app_secret],
    [["whatsapp", "verify_token"], whatsapp?.verify_token],
    [["redis", "url"], redisPassword(redis, "url")],
    [["redis", "sentinel", "password"], redis.sentinel?.password],
    [["redis", "cluster", "password"], redis.cluster?.password],
    ...(email?.servers ?? []).map(({ password }, at) => [["email", "servers", at, "password"], password] as const),
    ...Object.entries(asterisks).flatMap(([name, asterisk]) => [
      [["asterisks", name, "ari_password"], asterisk?.ari_password] as const,
      [["asterisks", name, "ami", "password"], asterisk?.ami?.password] as const,
    ]),
    ...Object.entries(sms?.routes ?? {}).flatMap(([name, route]) => [
      ...Object.entries(route?.smpp?.binds ?? {}).map(
        ([bind, own]) => [["sms", "routes", name, "smpp", "binds", bind, "password"], own?.password] as const,
      ),
      [["sms", "routes", name, "http", "bearer"], route?.http?.bearer] as const,
      [["sms", "routes", name, "http", "basic", "password"], route?.http?.basic?.password] as const,
      [["sms", "routes", name, "http", "receipts", "secret"], route?.http?.receipts?.secret] as const,
    ]),
  ];
  return all.flatMap(([path, value]) => (value && isSound(path) ? [{ path, value }] : []));
}

/** What examples and tutorials write where a secret belongs. */
const placeholder =
  /change.?me|change.?this|replace.?(me|this)|example|placeholder|your.?(secret|password|key)|^(secret|password|asterisk|admin|onering)$/i;
/** `xxxxxxxx`, `00000000`. */
const oneCharacter = /^(.)\1*$/;

function noPlaceholders(config: Config, isSound: IsSound): Problem[] {
  return secretsOf(config, isSound).flatMap(({ path, value }) => {
    if (!placeholder.test(value) && !oneCharacter.test(value)) return [];
    const expected = "a secret of your own, for instance from `openssl rand -hex 32`";
    return [{ path, given: "(hidden, a placeholder)", expected }];
  });
}

/** Keys must not be known to those who run Redis or Asterisk; the capture's password is sent in the clear. */
function secretsDiffer(config: Config, isSound: IsSound): Problem[] {
  const secrets = secretsOf(config, isSound);
  return secrets.flatMap(({ path, value }, index) => {
    if (path[0] !== "secrets" && pathText(path) !== "sip_capture.password") return [];
    const other = secrets.slice(index + 1).find((secret) => secret.value === value);
    if (other === undefined) return [];
    return [{ path, given: "(hidden)", expected: `a secret of its own: ${pathText(other.path)} is the same` }];
  });
}
