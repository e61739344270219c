/** The API's representation of a missed call. */
import type { Delivery } from "../../verification/types.ts";
import { attemptBody } from "../calls/attempt.ts";
import type { CallEvidence } from "../calls/evidence.ts";
import { callerIdPattern } from "./caller-id-pattern.ts";
import type { MissedCallDetails } from "./offer.ts";
import type { MissedCallBody } from "./schema.ts";

/** Ranges are few, but the store may still contain those of an older configuration. */
const maxCachedPatterns = 1000;

/** @param ring the configured time limits of a call */
export function createDescription(ring: MissedCallBody["ring"]): (delivery: Delivery) => MissedCallBody {
  const callerIds = new Map<string, MissedCallBody["caller_id"]>();

  function callerId({ prefix, digits }: MissedCallDetails): MissedCallBody["caller_id"] {
    const key = `${prefix}/${digits}`;
    let found = callerIds.get(key);
    if (found === undefined) {
      if (callerIds.size >= maxCachedPatterns) callerIds.clear();
      found = { prefix, digits, pattern: callerIdPattern(prefix, digits) };
      callerIds.set(key, found);
    }
    return found;
  }

  return ({ details, result, parts, partsDelivered }) => {
    const known = details as MissedCallDetails;
    return {
      caller_id: callerId(known),
      calls: parts,
      calls_delivered: partsDelivered,
      ring: known.ringMs === undefined ? ring : { ...ring, ms: Math.min(known.ringMs, ring.ms) },
      attempt: result === null ? null : attemptBody(result as CallEvidence),
    };
  };
}
