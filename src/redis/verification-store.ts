/** The store of verifications: each method is one script, one round trip. What the scripts do stands in lua/. */
import type { VerificationSettings } from "../verification/config.ts";
import type {
  CalleeLimit,
  CallRequest,
  ChangeResult,
  CheckResult,
  Exists,
  NextPlacement,
  Placement,
  Reservation,
  Seen,
  VerificationStore,
} from "../verification/store-port.ts";
import type { Status } from "../verification/types.ts";
import { idempotencyKey, verificationKey } from "./keys.ts";
import { readRecord, writeJson } from "./record.ts";
import type { Reply, RunScript } from "./run.ts";

export function createVerificationStore(run: RunScript, settings: VerificationSettings): VerificationStore {
  const idempotencyTtlMs = settings.idempotency_ttl_seconds * 1000;

  return {
    async start(call) {
      const { to, country, reference, metadata } = call;
      const reply = await run("start", verificationKey(call.id), [
        ...[call.nowMs, call.app, call.id, call.callee.hash, call.longestCallMs, call.maxCoolingDown],
        ...[to, country, reference ?? "", writeJson(metadata), call.calls],
        ...candidateArgs(call),
      ]);
      if (reply[0] === "exists") return { kind: "exists", ...readSeen(call.id, reply as Reply) } satisfies Exists;
      return readPlacement(call.id, reply as Reply);
    },

    async resend(call) {
      const reply = await run("resend", verificationKey(call.id), [
        ...[call.nowMs, call.app, call.id, call.longestCallMs, call.maxCoolingDown, call.calls],
        ...candidateArgs(call),
      ]);
      return readPlacement(call.id, reply as Reply);
    },

    async nextCall({ nowMs, app, id, attempt, longestCallMs }) {
      const reply = await run("next_call", verificationKey(id), [nowMs, app, id, attempt, longestCallMs]);
      return readNextPlacement(id, reply as Reply);
    },

    async check(nowMs, app, id, guess) {
      const reply = await run("check", verificationKey(id), [nowMs, app, id, guess.codeHash, guess.codeLength]);
      return readCheck(id, reply as Reply);
    },

    async change({ nowMs, app, id, attempt, event, reason, lastCall = null, mayStillRing = false }) {
      const reply = await run("change", verificationKey(id), [
        nowMs,
        app,
        id,
        attempt ?? "",
        event ?? "",
        reason ?? "",
        writeJson(lastCall),
        mayStillRing ? 1 : 0,
      ]);
      return readChange(id, reply as Reply);
    },

    async reserve({ key, fingerprint, id }) {
      return readReservation((await run("reserve", idempotencyKey(key), [fingerprint, id, idempotencyTtlMs])) as Reply);
    },

    async keepAnswer({ key, fingerprint, id }, answer) {
      return (await run("keep_answer", idempotencyKey(key), [fingerprint, id, answer, idempotencyTtlMs])) as string;
    },

    async release({ key, id }) {
      await run("release", idempotencyKey(key), [id]);
    },
  };
}

function candidateArgs(call: CallRequest): (string | number)[] {
  return call.candidates.flatMap(({ callerIdHashes, codeHash, prefix, codeLength }) => [
    ...callerIdHashes,
    codeHash,
    prefix,
    codeLength,
  ]);
}

function readPlacement(id: string, reply: Reply): Placement {
  const [kind, first, second] = reply;
  switch (kind) {
    case "placed":
      // Lua counts from 1.
      return { kind, candidate: Number(first) - 1, verification: readSeen(id, reply).verification };
    case "ended":
      return { kind, ...readSeen(id, reply) };
    case "all_cooling_down":
      return { kind, resting: Number(first) };
    case "capacity":
      return { kind, retryAfterMs: Number(first) };
    case "limited":
      return { kind, limit: String(first) as CalleeLimit, retryAfterMs: Number(second) };
    case "not_found":
      return { kind };
    default:
      throw unreadable(kind);
  }
}

function readNextPlacement(id: string, reply: Reply): NextPlacement {
  const [kind] = reply;
  switch (kind) {
    case "placed":
      return { kind, verification: readSeen(id, reply).verification };
    case "ended":
      return { kind, ...readSeen(id, reply) };
    case "stale":
    case "not_found":
      return { kind };
    default:
      throw unreadable(kind);
  }
}

function readCheck(id: string, reply: Reply): CheckResult {
  const [kind, first, second] = reply;
  switch (kind) {
    case "checked":
      return { kind, checksLeft: Number(first), status: second as Status };
    case "decided":
      return { kind, valid: first === 1, ...readSeen(id, reply) };
    case "ended":
      return { kind, ...readSeen(id, reply) };
    case "wrong_length":
      return { kind, codeLength: Number(first) };
    case "limited":
      return { kind, retryAfterMs: Number(first) };
    case "not_found":
      return { kind };
    default:
      throw unreadable(kind);
  }
}

function readChange(id: string, reply: Reply): ChangeResult {
  const [kind, first, second] = reply;
  if (kind === "noted") return { kind, status: first as Status, callsDelivered: Number(second) };
  if (kind === "seen") return { kind, ...readSeen(id, reply) };
  if (kind === "not_found") return { kind };
  throw unreadable(kind);
}

function readReservation([kind, id, answer]: Reply): Reservation {
  if (kind === "new" || kind === "reused") return { kind };
  if (kind === "known") return { kind, id: String(id), answer: answer ? String(answer) : null };
  throw unreadable(kind);
}

/** @param reply kind, an extra value, ended now, public fields */
export function readSeen(id: string, reply: Reply): Seen {
  return { endedNow: reply[2] === 1, verification: readRecord(id, reply.slice(3) as string[]) };
}

/** The error for an answer that no script of this version gives. */
export function unreadable(kind: unknown): Error {
  return new Error(`a script answered ${String(kind)}, which this version does not know`);
}
