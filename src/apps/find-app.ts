/** Finds the app of a request by its API key, a bearer token (RFC 6750). */

import { apiKeyHash } from "./api-keys.ts";
import type { AppConfig } from "./config.ts";
import type { AppIdentity } from "./principal.ts";

/** Far above the length of a real key; bounds what an unauthenticated client makes the gateway hash. */
const maxKeyLength = 256;

export type FindApp = (authorization: string | undefined) => AppIdentity | null;

/**
 * Finds the app of an `Authorization` header.
 *
 * Keys are looked up by their SHA-256 in a Map. Timing reveals at most how much of a hash matches, and keys cannot be
 * chosen by their hash: a common prefix of two hashes reveals nothing about the stored key. The secret itself is never
 * compared.
 * @throws {Error} where two apps have the same key: one would act as the other
 */
export function createFindApp(apps: Readonly<Record<string, AppConfig>>): FindApp {
  const byHash = new Map<string, AppIdentity>();
  for (const [name, app] of Object.entries(apps)) {
    const identity: AppIdentity = { name, allowedCountries: app.allowed_countries ?? null };
    for (const keyHash of app.api_keys_sha256) {
      const other = byHash.get(keyHash);
      if (other !== undefined && other.name !== name) {
        throw new Error(`apps ${other.name} and ${name} have the same API key`);
      }
      byHash.set(keyHash, identity);
    }
  }
  return (authorization) => {
    const key = bearerToken(authorization);
    return key === null ? null : (byHash.get(apiKeyHash(key)) ?? null);
  };
}

/** The scheme's name is case-insensitive (RFC 9110 §11.1). */
export function bearerToken(authorization: string | undefined): string | null {
  if (authorization === undefined || authorization.length > maxKeyLength + 7) return null;
  if (authorization.slice(0, 7).toLowerCase() !== "bearer ") return null;
  const token = authorization.slice(7).trim();
  return token === "" ? null : token;
}
