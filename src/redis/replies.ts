/** Reads the replies of the scripts of verifications: a kind, then the values that the script's header lists. */

import type { Status } from "../verification/machine.ts";
import type { BeginAnswer, CalleeLimit, CheckResult, ScriptAnswer, Seen } from "../verification/store-port.ts";
import { readRecord, readSimulated, readValues } from "./record.ts";
import type { Reply } from "./run.ts";

/** Reads the answer of a channel's script. @param id of the verification; the reply's own where it names one */
export function readScriptAnswer(id: string, reply: Reply): ScriptAnswer {
  const [kind, first, second] = reply;
  switch (kind) {
    case "begun":
      // Lua counts from 1.
      return { kind, choice: Number(first) - 1, verification: readSeen(id, reply).verification };
    case "exists":
    case "ended":
      return { kind, ...readSeen(id, reply) };
    case "seen":
      return { kind, ...readSeen(first === 0 ? id : String(first), reply) };
    case "taken":
      return { kind, choice: Number(first) - 1 };
    case "refused":
      return { kind, why: String(first), figure: Number(second) };
    case "limited":
      return { kind, limit: String(first) as CalleeLimit, retryAfterMs: Number(second) };
    case "not_found":
    case "stale":
    case "code_too_old":
      return { kind };
    default:
      throw unreadable(kind);
  }
}

/** Reads the answer of a channel's start script. */
export function readBeginAnswer(id: string, reply: Reply): BeginAnswer {
  const answer = readScriptAnswer(id, reply);
  if (answer.kind === "seen" || answer.kind === "taken") throw unreadable(answer.kind);
  return answer;
}

export function readCheck(id: string, reply: Reply): CheckResult {
  const [kind, first, status = "delivered", simulated = "", values] = reply;
  switch (kind) {
    case "checked":
      return {
        ...{ kind, checksLeft: Number(first), status: status as Status, simulated: readSimulated(String(simulated)) },
        shared: values === undefined ? null : readRecord(id, readValues(values)),
      };
    case "decided":
      return { kind, valid: first === 1, ...readSeen(id, reply) };
    case "ended":
      return { kind, ...readSeen(id, reply) };
    case "wrong_length":
      return { kind, codeLength: Number(first) };
    case "limited":
      return { kind, retryAfterMs: Number(first) };
    case "no_code":
    case "not_found":
      return { kind };
    default:
      throw unreadable(kind);
  }
}

/** @param reply kind, an extra value, ended now, public fields (JSON) */
export function readSeen(id: string, reply: Reply): Seen {
  return { endedNow: reply[2] === 1, verification: readRecord(id, readValues(reply[3])) };
}

/** The error for a reply that no script of this version sends. */
export function unreadable(kind: unknown): Error {
  return new Error(`a script answered ${String(kind)}, which this version does not know`);
}
