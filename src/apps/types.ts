/** Apps and keys that were made by the API, as they are kept: in records, and mirrored in Redis. */
import type { AppProfileConfig } from "./config.ts";
import type { Scope } from "./scopes.ts";

export interface KeyRow {
  readonly id: string;
  /** SHA-256 of the key, in hex. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
  readonly createdAtMs: number;
  /** Null: it does not expire. */
  readonly expiresAtMs: number | null;
}

/** An app with its keys. Revoked keys are not among them. */
export interface AppRow {
  readonly name: string;
  /** Null: an app of the configuration, of which further keys are kept here. */
  readonly profile: AppProfileConfig | null;
  readonly keys: readonly KeyRow[];
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Null: it exists. A deleted one keeps its name, because its records are kept. */
  readonly deletedAtMs: number | null;
  /** Grows with each change, also of its keys: of two copies the one with the greater revision holds. */
  readonly revision: number;
}
