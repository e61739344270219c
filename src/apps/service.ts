/** Apps and keys, as operators make and change them. Records first, then the mirror from which every gateway reads. */
import type { Clock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import { Refusal } from "../shared/refusal.ts";
import { apiKeyHash, generateApiKey } from "./api-keys.ts";
import type { AppProfileConfig } from "./config.ts";
import type { AppEntry, LiveAppDirectory } from "./directory.ts";
import type { AppMirror } from "./mirror-port.ts";
import type { Scope } from "./scopes.ts";
import type { AppStore } from "./store-port.ts";
import type { AppRow, KeyRow } from "./types.ts";

/** A key with the text that is shown this once. */
export interface NewKey extends KeyRow {
  readonly key: string;
}

export interface KeyOrder {
  readonly scopes: readonly Scope[];
  /** Null: it does not expire. */
  readonly expiresAtMs: number | null;
}

export interface RotateOrder {
  /** How long the key before is valid beside the new one; 0: it ends now. */
  readonly overlapMs: number;
  /** Of the new key; undefined: as long from now as the one before was made for. */
  readonly expiresAtMs?: number | null | undefined;
}

/** A key of the profile that is null is taken out: the gateway's default holds. */
export type ProfileChanges = { readonly [K in keyof AppProfileConfig]?: AppProfileConfig[K] | null };

/** Every method may throw `records_unavailable`, `store_unavailable`; one that changes something `conflict`, `invalid_request`. */
export interface AppsService {
  /** By name. @param after the last name of the page before */
  list(
    after: string | null,
    limit: number,
  ): Promise<{ readonly apps: readonly AppEntry[]; readonly next: string | null }>;
  /** Null, here and below: there is no such app, or key. */
  find(name: string): Promise<AppEntry | null>;
  create(name: string, profile: AppProfileConfig): Promise<AppEntry>;
  change(name: string, changes: ProfileChanges): Promise<AppEntry | null>;
  /** With all of its keys and webhook endpoints. What was recorded of it stays until its time is over. */
  remove(name: string): Promise<AppEntry | null>;
  addKey(name: string, order: KeyOrder): Promise<NewKey | null>;
  rotateKey(
    name: string,
    id: string,
    order: RotateOrder,
  ): Promise<{ readonly key: NewKey; readonly previous: KeyRow } | null>;
  revokeKey(name: string, id: string): Promise<KeyRow | null>;
}

export interface AppsServiceParts {
  readonly directory: LiveAppDirectory;
  readonly store: AppStore;
  readonly mirror: Pick<AppMirror, "put">;
  /** Reads the mirror now. */
  readonly refresh: () => Promise<void>;
  /** A change is in records and not in the mirror. */
  readonly onUnmirrored: () => void;
  /** What is wrong with a profile on this gateway, in words. */
  readonly problemsOf: (name: string, profile: AppProfileConfig) => readonly string[];
  /** Removes what else belongs to an app that is to be deleted. */
  readonly removeRest: (name: string) => Promise<void>;
  /** Days for which the records of a deleted app are kept: as long nobody else gets its name. */
  readonly keptDays: number;
  readonly clock: Pick<Clock, "nowMs">;
  readonly random: Random;
}

/** All gateways keep all apps in memory. */
const mostApps = 10_000;
/** With deleted ones, whose names are kept. */
const mostNames = 20_000;
const mostKeys = 20;
/** 96 bits: unique, and it cannot be guessed. */
const idBytes = 12;
const dayMs = 86_400_000;

export function createAppsService(parts: AppsServiceParts): AppsService {
  const { directory, store, mirror, refresh, problemsOf, clock, random } = parts;

  async function find(name: string): Promise<AppEntry | null> {
    await refresh();
    return directory.entry(name);
  }

  async function keep(name: string, change: (before: AppRow | null) => AppRow): Promise<AppRow> {
    // Records that went back to an older backup must not make a revision that the mirror had already.
    const known = directory.revisionOf(name);
    const row = await store.update(name, (before) => {
      const changed = change(before);
      return { ...changed, revision: Math.max(changed.revision, known) };
    });
    directory.mergeKept([row]);
    try {
      await mirror.put(row);
    } catch (error) {
      parts.onUnmirrored();
      throw error;
    }
    return row;
  }

  function checkProfile(name: string, profile: AppProfileConfig): void {
    const problems = problemsOf(name, profile);
    if (problems.length > 0) throw new Refusal("invalid_request", `The profile is not valid: ${problems.join("; ")}.`);
  }

  function refuseConfigured(name: string, what: string): void {
    if (directory.entry(name)?.source !== "configuration") return;
    throw new Refusal("conflict", `The app ${name} is defined in the configuration: ${what} there (apps.${name}).`);
  }

  function entryOf(name: string): AppEntry {
    const entry = directory.entry(name);
    if (entry === null) throw new Refusal("conflict", `The app ${name} was deleted meanwhile.`);
    return entry;
  }

  /** The row of an app that was found. Of one of the configuration there may be none yet. */
  function living(name: string, before: AppRow | null, nowMs: number): AppRow {
    if (before !== null && before.deletedAtMs === null) return before;
    if (directory.entry(name)?.source !== "configuration") {
      throw new Refusal("conflict", `The app ${name} was deleted meanwhile.`);
    }
    const revision = before?.revision ?? 0;
    return { name, profile: null, keys: [], createdAtMs: nowMs, updatedAtMs: nowMs, deletedAtMs: null, revision };
  }

  function newKey({ scopes, expiresAtMs }: KeyOrder, nowMs: number): NewKey {
    // A leap second is a time that the schema takes, and no number.
    if (expiresAtMs !== null && !(expiresAtMs > nowMs)) {
      throw new Refusal("invalid_request", "`expires_at` must be a time in the future.");
    }
    const key = generateApiKey(random);
    const id = `key_${random.bytes(idBytes).toString("base64url")}`;
    return { id, key, hash: apiKeyHash(key), scopes: [...scopes], createdAtMs: nowMs, expiresAtMs };
  }

  /** With one more key, and without those that have expired. */
  function withKey(row: AppRow, keys: readonly KeyRow[], { key: _, ...added }: NewKey, nowMs: number): AppRow {
    const valid = keys.filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs);
    if (valid.length >= mostKeys) {
      throw new Refusal(
        "conflict",
        `The app ${row.name} has ${mostKeys} keys, as many as it may have; revoke one first.`,
      );
    }
    return { ...row, keys: [...valid, added], updatedAtMs: nowMs };
  }

  return {
    async list(after, limit) {
      await refresh();
      const names = directory.names().toSorted();
      const page = names.filter((name) => after === null || name > after).slice(0, limit + 1);
      const shown = page.slice(0, limit);
      const apps = shown.flatMap((name) => directory.entry(name) ?? []);
      return { apps, next: page.length > limit ? (shown.at(-1) ?? null) : null };
    },

    find,

    async create(name, profile) {
      await refresh();
      refuseConfigured(name, "change it");
      checkProfile(name, profile);
      if (directory.size >= mostApps) {
        throw new Refusal("conflict", `There are ${mostApps} apps, as many as there may be; delete one first.`);
      }
      const owners = directory.owners();
      if (owners.length >= mostNames && !owners.includes(name)) {
        throw new Refusal(
          "conflict",
          `There are ${mostNames} names of apps, deleted ones included; use one again whose records are gone.`,
        );
      }
      const nowMs = clock.nowMs();
      await keep(name, (before) => {
        if (before !== null && before.deletedAtMs === null && before.profile !== null) {
          throw new Refusal("conflict", `There is an app ${name} already.`);
        }
        // Who has the name reads what was recorded under it.
        const gone = before?.deletedAtMs ?? (before === null ? 0 : before.updatedAtMs);
        const isFree = before === null || gone + parts.keptDays * dayMs <= nowMs;
        if (!isFree) {
          throw new Refusal(
            "conflict",
            `The name ${name} was another app's, whose records are kept for up to ${parts.keptDays} days; choose another one.`,
          );
        }
        const revision = before?.revision ?? 0;
        const kept = directory.toKeep(name, profile);
        return { name, profile: kept, keys: [], createdAtMs: nowMs, updatedAtMs: nowMs, deletedAtMs: null, revision };
      });
      return entryOf(name);
    },

    async change(name, changes) {
      if ((await find(name)) === null) return null;
      refuseConfigured(name, "change it");
      const nowMs = clock.nowMs();
      await keep(name, (before) => {
        const row = living(name, before, nowMs);
        const merged = Object.entries({ ...row.profile, ...changes }).filter(([, value]) => value !== null);
        const profile = Object.fromEntries(merged) as AppProfileConfig;
        checkProfile(name, profile);
        return { ...row, profile: directory.toKeep(name, profile), updatedAtMs: nowMs };
      });
      return entryOf(name);
    },

    async remove(name) {
      const entry = await find(name);
      if (entry === null) return null;
      refuseConfigured(name, "remove it");
      // First: where this fails the app is still there, and can be deleted again.
      await parts.removeRest(name);
      const nowMs = clock.nowMs();
      await keep(name, (before) => {
        return { ...living(name, before, nowMs), keys: [], updatedAtMs: nowMs, deletedAtMs: nowMs };
      });
      return entry;
    },

    async addKey(name, order) {
      if ((await find(name)) === null) return null;
      const nowMs = clock.nowMs();
      const added = newKey(order, nowMs);
      await keep(name, (before) => {
        const row = living(name, before, nowMs);
        return withKey(row, row.keys, added, nowMs);
      });
      return added;
    },

    async rotateKey(name, id, { overlapMs, expiresAtMs }) {
      const found = (await find(name))?.keys.find((key) => key.id === id);
      if (found === undefined) return null;
      const nowMs = clock.nowMs();
      const untilMs = Math.min(found.expiresAtMs ?? Number.POSITIVE_INFINITY, nowMs + overlapMs);
      const previous: KeyRow = { ...found, expiresAtMs: untilMs };
      const life = found.expiresAtMs === null ? null : nowMs + found.expiresAtMs - found.createdAtMs;
      const added = newKey(
        { scopes: found.scopes, expiresAtMs: expiresAtMs === undefined ? life : expiresAtMs },
        nowMs,
      );
      await keep(name, (before) => {
        const row = living(name, before, nowMs);
        if (!row.keys.some((key) => key.id === id)) {
          throw new Refusal("conflict", `The key ${id} was revoked meanwhile.`);
        }
        return withKey(
          row,
          row.keys.map((key) => (key.id === id ? previous : key)),
          added,
          nowMs,
        );
      });
      return { key: added, previous };
    },

    async revokeKey(name, id) {
      const found = (await find(name))?.keys.find((key) => key.id === id);
      if (found === undefined) return null;
      const nowMs = clock.nowMs();
      await keep(name, (before) => {
        const row = living(name, before, nowMs);
        return { ...row, keys: row.keys.filter((key) => key.id !== id), updatedAtMs: nowMs };
      });
      return found;
    },
  };
}
