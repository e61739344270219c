/**
 * All apps as this gateway knows them, live: those of the configuration, and those that were made by the API and are kept in
 * the records. Every reader asks here when it needs an app, and keeps no copy.
 */
import type { Clock } from "../shared/clock.ts";
import { apiKeyHash } from "./api-keys.ts";
import { bearerToken } from "./bearer.ts";
import type { AppConfig, AppProfileConfig } from "./config.ts";
import type { AppIdentity } from "./principal.ts";
import { type AppProfile, noProfile, profileOf } from "./profile.ts";
import { allScopes, type Scope } from "./scopes.ts";
import { type CodeSealing, openTestCodes, sealTestCodes } from "./test-codes.ts";
import type { AppRow, KeyRow } from "./types.ts";

export interface AppDirectory {
  /** The app of an `Authorization` header; null: the key is unknown, expired or revoked. One look into a map. */
  find(authorization: string | undefined): AppIdentity | null;
  /** What an app may use; nothing where there is no such app (a verification may outlive its app). */
  profileOf(app: string): AppProfile;
  exists(app: string): boolean;
  /** How many apps there are. Where there are several, they share the limits of a callee and of a trunk. */
  readonly size: number;
  /** Those of the configuration first. */
  names(): readonly string[];
  /** The same, and the deleted ones whose data may be kept still. Only grows, so that a position in it stays what it is. */
  owners(): readonly string[];
  /** Called after every change, in the order in which they were added. */
  onChange(listener: () => void): void;
}

/** As the parts that keep it up to date see it. */
export interface LiveAppDirectory extends AppDirectory {
  /** Takes the apps of another configuration, which was checked. */
  replaceConfigured(apps: Readonly<Record<string, AppConfig>>): void;
  /** The profile as it is kept: without a secret in the clear. */
  toKeep(name: string, profile: AppProfileConfig): AppProfileConfig;
  /** Takes what changed of the apps that are kept: of two rows of one app the one with the greater revision holds. */
  mergeKept(rows: readonly AppRow[]): void;
  /** Forgets keys that have expired since. */
  expire(): void;
  /** Of the row that is kept; 0: there is none. */
  revisionOf(app: string): number;
  /** For operators; null: there is no such app. */
  entry(app: string): AppEntry | null;
}

/** An app as operators see it. */
export interface AppEntry {
  readonly name: string;
  /** `configuration`: its profile and those of its keys that stand there are changed there alone. */
  readonly source: "configuration" | "api";
  readonly profile: AppProfileConfig;
  /** Those that the API made, for an app of the configuration too. */
  readonly keys: readonly KeyRow[];
  readonly configuredKeys: number;
  /** Null: it is defined in the configuration. */
  readonly createdAtMs: number | null;
  readonly updatedAtMs: number | null;
}

interface KnownKey {
  readonly identity: AppIdentity;
  /** Null: it does not expire. */
  readonly expiresAtMs: number | null;
}

/** @throws {Error} where two apps of the configuration have the same key: one would act as the other */
export function createAppDirectory(parts: {
  readonly configured: Readonly<Record<string, AppConfig>>;
  readonly clock: Pick<Clock, "nowMs">;
  /** Of the codes of test numbers in kept profiles; without it those are left out. */
  readonly sealing?: CodeSealing;
}): LiveAppDirectory {
  const { clock } = parts;
  let fixed = readConfigured(parts.configured);
  /** By name, deleted ones too. */
  const rows = new Map<string, AppRow>();
  /** Of apps that are kept and not configured. */
  const profiles = new Map<string, AppProfile>();
  /** By hash; changed with the rows of one app at a time, as 10,000 apps take a tenth of a second. */
  const keys = new Map<string, KnownKey>();
  const owners = new Set(fixed.profiles.keys());
  const listeners: (() => void)[] = [];
  let names: readonly string[] | null = null;
  let nextExpiryMs = Number.POSITIVE_INFINITY;

  function apply(row: AppRow): void {
    for (const { hash } of rows.get(row.name)?.keys ?? []) keys.delete(hash);
    const { name, profile: own, deletedAtMs } = row;
    rows.set(name, row);
    owners.add(name);
    profiles.delete(name);
    if (deletedAtMs !== null) return;
    if (own !== null && !fixed.profiles.has(name))
      profiles.set(name, profileOf(openTestCodes(name, own, parts.sealing)));
    const profile = fixed.profiles.get(name) ?? profiles.get(name);
    if (profile === undefined) return;
    for (const { id, hash, scopes, expiresAtMs } of row.keys) {
      keys.set(hash, { identity: identityOf(name, profile, new Set(scopes), id), expiresAtMs });
      nextExpiryMs = Math.min(nextExpiryMs, expiresAtMs ?? nextExpiryMs);
    }
  }

  function changed(): void {
    names = null;
    for (const listener of listeners) listener();
  }

  return {
    find(authorization) {
      const key = bearerToken(authorization);
      if (key === null) return null;
      const hash = apiKeyHash(key);
      const known = fixed.keys.get(hash) ?? keys.get(hash);
      if (known === undefined) return null;
      return known.expiresAtMs !== null && clock.nowMs() >= known.expiresAtMs ? null : known.identity;
    },
    profileOf: (app) => fixed.profiles.get(app) ?? profiles.get(app) ?? noProfile,
    exists: (app) => fixed.profiles.has(app) || profiles.has(app),
    get size() {
      return fixed.profiles.size + profiles.size;
    },
    names() {
      names ??= [...fixed.profiles.keys(), ...profiles.keys()];
      return names;
    },
    owners: () => [...owners],
    onChange: (listener) => void listeners.push(listener),
    replaceConfigured(apps) {
      fixed = readConfigured(apps);
      for (const name of fixed.profiles.keys()) owners.add(name);
      for (const row of rows.values()) apply(row);
      changed();
    },
    toKeep: (name, profile) => sealTestCodes(name, profile, parts.sealing),
    mergeKept(found) {
      const newer = found.filter(({ name, revision }) => revision > (rows.get(name)?.revision ?? 0));
      for (const row of newer) apply(row);
      if (newer.length > 0) changed();
    },
    expire() {
      const nowMs = clock.nowMs();
      if (nowMs < nextExpiryMs) return;
      const ends = [...keys.values()].map(({ expiresAtMs }) => expiresAtMs ?? Number.POSITIVE_INFINITY);
      nextExpiryMs = ends.reduce((next, end) => (end > nowMs && end < next ? end : next), Number.POSITIVE_INFINITY);
      changed();
    },
    revisionOf: (app) => rows.get(app)?.revision ?? 0,
    entry(name) {
      const row = rows.get(name);
      const keptKeys = row?.keys ?? [];
      const own = fixed.apps.get(name);
      if (own !== undefined) {
        const { api_keys_sha256: hashes, key_scopes: _, ...profile } = own;
        const times = { createdAtMs: null, updatedAtMs: null };
        return { name, source: "configuration", profile, keys: keptKeys, configuredKeys: hashes.length, ...times };
      }
      if (row === undefined || row.deletedAtMs !== null || row.profile === null) return null;
      const { profile, createdAtMs, updatedAtMs } = row;
      return { name, source: "api", profile, keys: keptKeys, configuredKeys: 0, createdAtMs, updatedAtMs };
    },
  };
}

/** A key that the configuration has too is the configuration's. */
interface ConfiguredApps {
  readonly apps: ReadonlyMap<string, AppConfig>;
  readonly profiles: ReadonlyMap<string, AppProfile>;
  readonly keys: ReadonlyMap<string, KnownKey>;
}

/** An app within the bounds of its profile. */
export function identityOf(
  name: string,
  profile: AppProfile,
  scopes: ReadonlySet<Scope>,
  keyId: string | null,
): AppIdentity {
  const { allowedCountries, allowedPrefixes, deniedPrefixes } = profile;
  return {
    ...{ name, allowedCountries, scopes, keyId, client: null },
    ...(allowedPrefixes !== null && { allowedPrefixes }),
    ...(deniedPrefixes !== null && { deniedPrefixes }),
  };
}

/**
 * Keys are looked up by their SHA-256 in a Map. Timing reveals at most how much of a hash matches, and keys cannot be chosen by
 * their hash: a common prefix of two hashes reveals nothing about the stored key. The secret itself is never compared.
 */
function readConfigured(configured: Readonly<Record<string, AppConfig>>): ConfiguredApps {
  const apps = new Map(Object.entries(configured));
  const profiles = new Map<string, AppProfile>();
  const keys = new Map<string, KnownKey>();
  for (const [name, app] of apps) {
    const profile = profileOf(app);
    profiles.set(name, profile);
    const held = app.key_scopes === undefined ? allScopes : new Set(app.key_scopes);
    const identity = identityOf(name, profile, held, null);
    for (const hash of app.api_keys_sha256) {
      const other = keys.get(hash);
      if (other !== undefined && other.identity.name !== name) {
        throw new Error(`apps ${other.identity.name} and ${name} have the same API key`);
      }
      keys.set(hash, { identity, expiresAtMs: null });
    }
  }
  return { apps, profiles, keys };
}
