/**
 * All apps as this gateway knows them, live: those of the configuration, and those that were made by the API and are kept in
 * the records. Every reader asks here when it needs an app, and keeps no copy.
 */
import type { Logger } from "pino";
import type { Clock } from "../shared/clock.ts";
import { apiKeyHash } from "./api-keys.ts";
import { bearerToken } from "./bearer.ts";
import type { AppConfig, AppProfileConfig } from "./config.ts";
import type { AppIdentity } from "./principal.ts";
import { type AppProfile, noProfile, profileOf } from "./profile.ts";
import { allScopes, type Scope } from "./scopes.ts";
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
  /** Null: it stands in the configuration. */
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
  readonly logger?: Pick<Logger, "warn">;
}): LiveAppDirectory {
  const { clock, logger } = parts;
  let configured = parts.configured;
  /** By name, deleted ones too. */
  const kept = new Map<string, AppRow>();
  const owners = new Set<string>();
  const listeners: (() => void)[] = [];
  let byHash: ReadonlyMap<string, KnownKey> = new Map();
  let profiles: ReadonlyMap<string, AppProfile> = new Map();
  let names: readonly string[] = [];
  let nextExpiryMs = Number.POSITIVE_INFINITY;

  function build(): void {
    const found = new Map<string, AppProfile>();
    for (const [name, app] of Object.entries(configured)) found.set(name, profileOf(app));
    for (const { name, profile } of living())
      if (!found.has(name) && profile !== null) found.set(name, profileOf(profile));
    const keys = configuredKeys(configured, found);
    const nowMs = clock.nowMs();
    nextExpiryMs = Number.POSITIVE_INFINITY;
    for (const { name, keys: own } of living()) {
      const profile = found.get(name);
      if (profile === undefined) continue;
      for (const { id, hash, scopes, expiresAtMs } of own) {
        if (expiresAtMs !== null && expiresAtMs <= nowMs) continue;
        nextExpiryMs = Math.min(nextExpiryMs, expiresAtMs ?? nextExpiryMs);
        const known = keys.get(hash);
        if (known !== undefined) {
          logger?.warn(
            { app: name, key: id, other: known.identity.name },
            "a key is ignored: the configuration has it",
          );
          continue;
        }
        keys.set(hash, { identity: identityOf(name, profile, new Set(scopes), id), expiresAtMs });
      }
    }
    [byHash, profiles, names] = [keys, found, [...found.keys()]];
    for (const name of [...names, ...kept.keys()]) owners.add(name);
  }

  function* living(): Iterable<AppRow> {
    for (const row of kept.values()) if (row.deletedAtMs === null) yield row;
  }

  function changed(): void {
    build();
    for (const listener of listeners) listener();
  }

  build();
  return {
    find(authorization) {
      const key = bearerToken(authorization);
      const known = key === null ? undefined : byHash.get(apiKeyHash(key));
      if (known === undefined) return null;
      return known.expiresAtMs !== null && clock.nowMs() >= known.expiresAtMs ? null : known.identity;
    },
    profileOf: (app) => profiles.get(app) ?? noProfile,
    exists: (app) => profiles.has(app),
    get size() {
      return profiles.size;
    },
    names: () => names,
    owners: () => [...owners],
    onChange: (listener) => void listeners.push(listener),
    replaceConfigured(apps) {
      // Refused before anything is changed.
      configuredKeys(apps, new Map());
      configured = apps;
      changed();
    },
    mergeKept(rows) {
      const newer = rows.filter(({ name, revision }) => revision > (kept.get(name)?.revision ?? 0));
      if (newer.length === 0) return;
      for (const row of newer) kept.set(row.name, row);
      changed();
    },
    expire() {
      if (clock.nowMs() >= nextExpiryMs) changed();
    },
    revisionOf: (app) => kept.get(app)?.revision ?? 0,
    entry(name) {
      const row = kept.get(name);
      const own = Object.hasOwn(configured, name) ? configured[name] : undefined;
      const keys = row?.keys ?? [];
      if (own !== undefined) {
        const { api_keys_sha256: hashes, key_scopes: _, ...profile } = own;
        const source = "configuration";
        return { name, source, profile, keys, configuredKeys: hashes.length, createdAtMs: null, updatedAtMs: null };
      }
      if (row === undefined || row.deletedAtMs !== null || row.profile === null) return null;
      const { profile, createdAtMs, updatedAtMs } = row;
      return { name, source: "api", profile, keys, configuredKeys: 0, createdAtMs, updatedAtMs };
    },
  };
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
function configuredKeys(
  apps: Readonly<Record<string, AppConfig>>,
  profiles: ReadonlyMap<string, AppProfile>,
): Map<string, KnownKey> {
  const byHash = new Map<string, KnownKey>();
  for (const [name, { api_keys_sha256: hashes, key_scopes: scopes }] of Object.entries(apps)) {
    const held = scopes === undefined ? allScopes : new Set(scopes);
    const identity = identityOf(name, profiles.get(name) ?? noProfile, held, null);
    for (const hash of hashes) {
      const other = byHash.get(hash);
      if (other !== undefined && other.identity.name !== name) {
        throw new Error(`apps ${other.identity.name} and ${name} have the same API key`);
      }
      byHash.set(hash, { identity, expiresAtMs: null });
    }
  }
  return byHash;
}
