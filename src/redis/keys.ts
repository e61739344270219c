/**
 * Names of the keys that are passed to scripts. They hold hashes, never a number. What belongs to one callee shares one hash
 * tag, so that a script may look at all of it; the scripts derive those keys from the first one.
 */
import { Refusal } from "../shared/refusal.ts";
import type { CalleeRef } from "../verification/hashes.ts";
import { bucketOfId } from "../verification/ids.ts";

/**
 * How many hash tags verifications and callees are spread over. Each has one sorted set of due items, which every
 * gateway checks each second; a Redis Cluster may have as many masters. Changing it loses what lives in Redis.
 */
export const shards = 64;

function shardOf(bucket: string): number {
  return Number.parseInt(bucket, 16) % shards;
}

/** @throws {Refusal} `verification_not_found` where the text cannot be an id: Redis is not asked. */
export function verificationKey(id: string): string {
  const bucket = bucketOfId(id);
  if (bucket === null) throw new Refusal("verification_not_found", "No verification has this id.");
  return `{s${shardOf(bucket)}}:v:${id}`;
}

/** The shard of a verification's or a callee's key. */
export function shardOfKey(key: string): number {
  return Number.parseInt(key.slice(2), 10);
}

/** The id of a verification's key, where its callee has this bucket; null: another key. */
export function verificationIdOf(key: string, bucket: string): string | null {
  const id = /^\{s\d+\}:v:([^:]+)$/.exec(key)?.[1] ?? "";
  return bucketOfId(id) === bucket ? id : null;
}

/** In each shard: the verifications with this recipient beside their own (lua/includes/begin.lua). */
export function recipientKeys(calleeHash: string): readonly string[] {
  return Array.from({ length: shards }, (_, shard) => `{s${shard}}:o:${calleeHash}`);
}

/** Stem of a callee's keys; with `name` one of them. @param name a constant or an app's name: no secret */
export function calleeKey(callee: CalleeRef, name?: string): string {
  const stem = `{s${shardOf(callee.bucket)}}:c:${callee.hash}`;
  return name === undefined ? stem : `${stem}:${name}`;
}

/** The due items of one shard. @param shard from 0 */
export function dueKey(shard: number): string {
  return `{s${shard}}:due`;
}

/** Public events that wait for the relay. @param shard from 0; outside a cluster all are in the first */
export function outboxKey(shard: number): string {
  return `{s${shard}}:outbox`;
}

/** The events of an app, for live streams. @param app null: the operator's own */
export function streamKey(app: string | null): string {
  return `{e:${app ?? ""}}:events`;
}

/** @param keyHash from `Hashes.idempotencyKey` */
export function idempotencyKey(keyHash: string): string {
  return `{i${keyHash}}:r`;
}

/** The message that a receipt belongs to. @param hash from `Hashes.receipt`, which is uniform */
export function receiptKey(hash: string): string {
  return `{r${Buffer.from(hash, "base64url").readUInt16BE() % shards}}:m:${hash}`;
}

/** The key from which the scripts of admission control (lua/includes/slot.lua) derive theirs; all share its hash tag. */
export const admissionKey = "{admission}:out";

/** Which message a part of a long one belongs to. @param hash of the part's receipt id */
export function messagePartKey(hash: string): string {
  return `{p${hash}}:part`;
}

/** The states of a long message's parts. @param group random */
export function messageGroupKey(group: string): string {
  return `{g${group}}:parts`;
}

/** The stem of the keys of caller-ID reputation (lua/reputation_update.lua); all share its hash tag. */
export const reputationKey = "{reputation}";

/** Audit entries that wait for the records (lua/includes/audit.lua); all share its hash tag. */
export const auditKey = "{audit}:queue";

/** The highest record version in use (lua/version.lua). */
export const versionKey = "{version}:records";

/** The key from which the scripts of an endpoint's queue derive theirs (lua/includes/webhook.lua). @param endpoint its id */
export function webhookQueueKey(endpoint: string): string {
  return `{w${endpoint}}:lanes`;
}

/** When which webhook endpoint is due (lua/webhook_due.lua). */
export const webhookDueKey = "{webhooks}:due";

/** The trace of a verification, where traces are on: apart from its record, which no gateway writes twice for it. */
export function traceKey(id: string): string {
  return `${verificationKey(id)}:trace`;
}

/** All webhook endpoints (lua/webhook_endpoint.lua). */
export const webhookEndpointsKey = "{webhooks}:endpoints";

/** All kept apps, with the hashes of their keys (lua/app_put.lua). */
export const appsKey = "{apps}:rows";

/** Entries of block and allow lists (lua/guard_list.lua). */
export const guardListsKey = "{lists}:entries";

/** The stem of what the guard counts of an app (lua/includes/guard.lua); null: of all apps, in a cluster. */
export function guardKey(app: string | null): string {
  return `{g:${app ?? ""}}:w`;
}

/** What a cap counts; the day is appended. @param app null: of all apps */
export function guardCapKey(app: string | null, country: string | null): string {
  return `{g:${app ?? ""}}:q:${country ?? ""}:`;
}

/** Opt-outs, and those of them that wait for the records (lua/opt_out_change.lua). */
export const optOutsKey = "{optouts}:all";
export const optOutsWaitingKey = "{optouts}:waiting";
/** Is there once all rows that the records had are (lua/opt_out_fill.lua). */
export const optOutsCompleteKey = "{optouts}:complete";

/** What deliveries taught of a number: readings of 21 characters (numbers/health/readings.ts). @param hash from `HealthHashes.number` */
export function healthKey(hash: string): string {
  return `{h${hash}}:n`;
}

/** What trunks said of callees; the day is appended (lua/health_count.lua). */
export const healthTrunksKey = "{health}:trunks";

/** Whether the signed result of a verification was redeemed. */
export function redeemedKey(verification: string): string {
  return `{p${verification}}:redeemed`;
}

/** What a live source said of a number's network (lua/network_read.lua). @param hash keyed, of the number */
export function networkKey(hash: string): string {
  return `net:${hash}`;
}

/** The lookups that a live source was asked for (lua/network_take.lua). */
export function networkBudgetKey(source: string): string {
  return `{networks}:${source}`;
}

/** A start token that was used (lua/start_token_take.lua). @param hash of its id */
export function startTokenKey(hash: string): string {
  return `{t${hash}}:u`;
}

/** The key from which the scripts of live checks' limits derive theirs (lua/live_check_admit.lua). */
export const liveCheckKey = "{live_check}:up";

/** @param name a constant of the gateway */
export function leaseKey(name: string): string {
  return `{lease}:${name}`;
}

/** Calls to the canary's test number that came in (canary-store.ts). */
export const canaryKey = "{canary}:arrivals";

/** The gateways that live (lua/gateway_beat.lua). */
export const gatewaysKey = "{gateways}:beats";

/** Not a key but a channel (Pub/Sub): the calls that a gateway is asked to hang up. @param gateway random */
export function hangUpsChannel(gateway: string): string {
  return `onering:hang-ups:${gateway}`;
}

/** INVITEs that a gateway has under way (lua/orphans_take.lua). @param gateway random */
export function openInvitesKey(gateway: string): string {
  return `{o${gateway}}:invites`;
}
