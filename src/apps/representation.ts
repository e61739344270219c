/** Apps and keys in JSON, the same in the API and at the command line. Of a key never its hash. */
import type { AppEntry } from "./directory.ts";
import { withoutTestCodes } from "./test-codes.ts";
import type { KeyRow } from "./types.ts";

export function appBody(entry: AppEntry) {
  const { name, source, profile, keys, configuredKeys, createdAtMs, updatedAtMs } = entry;
  return {
    ...{ name, source, profile: withoutTestCodes(profile), keys: keys.length, configured_keys: configuredKeys },
    ...{ created_at: timeOf(createdAtMs), updated_at: timeOf(updatedAtMs) },
  };
}

export function keyBody({ id, scopes, createdAtMs, expiresAtMs }: KeyRow) {
  return { id, scopes: [...scopes], created_at: new Date(createdAtMs).toISOString(), expires_at: timeOf(expiresAtMs) };
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
