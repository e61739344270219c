/** Secrets that are placeholders, and keys that are used twice. */
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Path, Problem } from "../typed-yaml/errors.ts";
import type { Config } from "./schema.ts";

export const secretChecks: readonly CrossCheck<Config>[] = [
  { reads: ["apps", "admin"], problems: operatorsKeysAreTheirOwn },
  { reads: ["secrets"], problems: hmacKeyIsRandom },
  { reads: ["asterisks"], problems: passwordsAreOwn },
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

function hmacKeyIsRandom({ secrets }: Config, isSound: IsSound): Problem[] {
  const path = ["secrets", "hmac_key"];
  return isSound(path) ? weakKey(path, secrets.hmac_key) : [];
}

function passwordsAreOwn({ asterisks }: Config, isSound: IsSound): Problem[] {
  return Object.entries(asterisks).flatMap(([name, asterisk]) => {
    const ari = ["asterisks", name, "ari_password"];
    const ami = ["asterisks", name, "ami", "password"];
    return [
      ...(isSound(ari) && asterisk.ari_password !== undefined ? placeholder(ari, asterisk.ari_password) : []),
      ...(isSound(ami) && asterisk.ami ? placeholder(ami, asterisk.ami.password) : []),
    ];
  });
}

/** 32 random hex digits have fewer than 8 different ones less than once in 10^7 keys: 11440 × (7/16)^32. */
const fewestCharacters = 8;

function weakKey(path: Path, key: string): Problem[] {
  const problems = placeholder(path, key);
  if (problems.length > 0) return problems;
  if (new Set(key).size >= fewestCharacters && !repeats(key)) return [];
  return [
    { path, given: "(hidden, a pattern)", expected: "random characters, for instance from `openssl rand -hex 32`" },
  ];
}

/** What examples and tutorials write where a secret belongs. */
const placeholders =
  /change.?me|change.?this|replace.?(me|this)|example|placeholder|your.?(secret|password|key)|^(secret|password|asterisk|admin|onering)$/i;

function placeholder(path: Path, secret: string): Problem[] {
  const isOne = placeholders.test(secret) || new Set(secret).size === 1;
  return isOne ? [{ path, given: "(hidden, a placeholder)", expected: "a secret of your own" }] : [];
}

/** Whether a text is a shorter one written twice or more. */
function repeats(text: string): boolean {
  return `${text}${text}`.indexOf(text, 1) < text.length;
}
