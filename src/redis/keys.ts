/**
 * Names of the keys that scripts are given. They hold hashes, never a number. The keys of a callee are derived from
 * the first one inside the scripts (lua/includes/callee.lua), within the same hash tag.
 */
import { Refusal } from "../shared/refusal.ts";
import type { CalleeRef } from "../verification/hashes.ts";
import { bucketOfId } from "../verification/ids.ts";

/** @throws {Refusal} `verification_not_found` where the text cannot be an id: Redis is not asked. */
export function verificationKey(id: string): string {
  const bucket = bucketOfId(id);
  if (bucket === null) throw new Refusal("verification_not_found", "no verification has this id");
  return `{b${bucket}}:v:${id}`;
}

/** @param number one of ours, E.164: no secret, every app is told it */
export function callInKey(callee: CalleeRef, number: string): string {
  return `{b${callee.bucket}}:c:${callee.hash}:in:${number}`;
}

/** @param keyHash from `Hashes.idempotencyKey` */
export function idempotencyKey(keyHash: string): string {
  return `{i${keyHash}}:r`;
}

/** Leads the scripts of lines (lua/includes/line.lua) to their keys; all share its hash tag. */
export const admissionKey = "{admission}:out";

/** Leads the scripts of caller-ID reputation (lua/reputation_update.lua) to their keys; all share its hash tag. */
export const reputationKey = "{reputation}";
