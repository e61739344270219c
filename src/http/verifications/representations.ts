/** How the domain's things look in JSON. */
import type { Static } from "typebox";
import { callerIdPattern } from "../../channels/missed-call/caller-id-pattern.ts";
import type { LastCall } from "../../channels/missed-call/last-call.ts";
import type { NumberFacts } from "../../numbers/types.ts";
import type { CallsConfig } from "../../telephony/calls/config.ts";
import type { CheckAnswer, Guess, StartRequest, Verification } from "../../verification/types.ts";
import type { NumberBody } from "../numbers/schemas.ts";
import type { CheckAnswerBody, CheckBody } from "./check-schemas.ts";
import type { LastCallBody } from "./last-call-schema.ts";
import type { StartBody, VerificationBody } from "./schemas.ts";

/** Ranges are few, but those of an older configuration may still be read from the store. */
const maxCachedPatterns = 1000;

/** @returns what writes a verification as the API shows it */
export function createVerificationBody(calls: CallsConfig) {
  const ring = { ms: calls.ring_ms, setup_limit_ms: calls.setup_limit_ms };
  const callerIds = new Map<string, NonNullable<Static<typeof VerificationBody>["caller_id"]>>();

  function callerId(prefix: string, digits: number) {
    const key = `${prefix}/${digits}`;
    let found = callerIds.get(key);
    if (found === undefined) {
      if (callerIds.size >= maxCachedPatterns) callerIds.clear();
      found = { prefix, digits, pattern: callerIdPattern(prefix, digits) };
      callerIds.set(key, found);
    }
    return found;
  }

  return (verification: Verification): Static<typeof VerificationBody> => {
    const { callInNumber, reference, metadata, endedAtMs } = verification;
    return {
      id: verification.id,
      status: verification.status,
      reason: verification.reason,
      channel: verification.channel,
      to: verification.to,
      ...(callInNumber !== null && { call_in: { number: callInNumber } }),
      calls: verification.calls,
      calls_delivered: verification.callsDelivered,
      code_length: verification.codeLength,
      ...(callInNumber === null && {
        caller_id: callerId(verification.callerIdPrefix, verification.codeLength / verification.calls),
      }),
      checks_left: verification.checksLeft,
      ...(callInNumber === null && { ring }),
      last_call: lastCallBody(verification.lastCall),
      ...(reference !== null && { reference }),
      ...(metadata !== null && { metadata }),
      created_at: rfc3339(verification.createdAtMs),
      expires_at: rfc3339(verification.expiresAtMs),
      ...(endedAtMs !== null && { ended_at: rfc3339(endedAtMs) }),
    };
  };
}

function lastCallBody(call: LastCall | null): Static<typeof LastCallBody> {
  if (call === null) return null;
  return {
    outcome: call.outcome,
    alerted: call.alerted,
    post_dial_delay_ms: call.postDialDelayMs,
    ring_ms: call.ringMs,
    sip_status: call.sipStatus,
    q850: call.q850Cause,
    ended_by: call.endedBy,
    false_answer: call.falseAnswer,
    evidence: call.evidence,
  };
}

export function startRequest(body: Static<typeof StartBody>): StartRequest {
  const { to, country, channel, calls, code_length: codeLength, reference, metadata } = body;
  return {
    to,
    ...(country !== undefined && { country }),
    ...(channel !== undefined && { channel }),
    ...(calls !== undefined && { calls }),
    ...(codeLength !== undefined && { codeLength }),
    ...(reference !== undefined && { reference }),
    ...(metadata !== undefined && { metadata }),
  };
}

/** @param body of which the schema lets exactly one key be there */
export function guessOf({ code, caller_id, caller_ids = [caller_id ?? ""] }: Static<typeof CheckBody>): Guess {
  return code === undefined ? { callerIds: caller_ids } : { code };
}

export function checkAnswerBody(answer: CheckAnswer): Static<typeof CheckAnswerBody> {
  return { id: answer.id, status: answer.status, valid: answer.valid, checks_left: answer.checksLeft };
}

export function numberBody(facts: NumberFacts): Static<typeof NumberBody> {
  return {
    number: facts.e164,
    valid: facts.valid,
    possible: facts.possible,
    reason: facts.refusal?.code ?? null,
    type: facts.type,
    country: facts.country,
    national: facts.national,
    international: facts.international,
    callable: facts.callable,
    health: null,
  };
}

function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}
