/** A detail record as a row of its table, and back. */
import type { Cdr } from "../../cdr/rows.ts";
import type { Invite } from "../../verification/channel-port.ts";
import type { Status } from "../../verification/machine.ts";
import type { CdrsTable } from "./tables.ts";

export function rowOf(cdr: Cdr): CdrsTable {
  const { verification, number, seq, app, channel, country, prefix, network, trunk, asterisk, range } = cdr;
  const { route, segments, outcome, q850, source, state, reason, status, callerIds, invites } = cdr;
  return {
    ...{ verification, number, seq, app, channel, recipient: cdr.to, verification_to: cdr.verificationTo },
    ...{ country, prefix, network, trunk, asterisk, range },
    caller_ids: callerIds.length === 0 ? null : callerIds.join(" "),
    ...{ route, segments },
    invites: invites.length === 0 ? null : JSON.stringify(invites),
    ...{ outcome, alerted: flagOrNull(cdr.alerted), post_dial_delay_ms: cdr.postDialDelayMs, ring_ms: cdr.ringMs },
    ...{ answered: flagOrNull(cdr.answered), talk_ms: cdr.talkMs, false_answer: flagOrNull(cdr.falseAnswer) },
    ...{ sip_status: cdr.sipStatus, q850, ended_by: cdr.endedBy, source, state, reason },
    ...{ begun: flag(cdr.begun), delivered: flag(cdr.delivered), verified: flag(cdr.verified) },
    ...{ is_first: flag(cdr.first), is_last: flag(cdr.last), status, cost_micros: cdr.costMicros },
    ...{ guard_decision: cdr.guardDecision, test: flag(cdr.test), checks_used: cdr.checksUsed },
    reference: cdr.reference,
    ...{ started_at: cdr.startedAtMs, ended_at: cdr.endedAtMs },
    ...{ verification_started_at: cdr.verificationStartedAtMs, verification_ended_at: cdr.verificationEndedAtMs },
  };
}

export function cdrOf(row: CdrsTable): Cdr {
  const { verification, number, seq, app, channel, country, prefix, network, trunk, asterisk, range } = row;
  const { route, segments, outcome, q850, source, state, reason, reference } = row;
  return {
    ...{ verification, number, seq, app, channel, to: row.recipient, verificationTo: row.verification_to },
    ...{ country, prefix, network, trunk, asterisk, range },
    callerIds: row.caller_ids?.split(" ") ?? [],
    ...{ route, segments },
    invites: row.invites === null ? [] : (JSON.parse(row.invites) as readonly Invite[]),
    ...{ outcome, alerted: booleanOrNull(row.alerted), postDialDelayMs: row.post_dial_delay_ms, ringMs: row.ring_ms },
    ...{ answered: booleanOrNull(row.answered), talkMs: row.talk_ms, falseAnswer: booleanOrNull(row.false_answer) },
    ...{ sipStatus: row.sip_status, q850, endedBy: row.ended_by, source, state, reason },
    ...{ begun: row.begun === 1, delivered: row.delivered === 1, verified: row.verified === 1 },
    ...{ first: row.is_first === 1, last: row.is_last === 1, status: row.status as Status },
    ...{ costMicros: row.cost_micros, guardDecision: row.guard_decision, test: row.test === 1, reference },
    ...{ checksUsed: row.checks_used, startedAtMs: row.started_at, endedAtMs: row.ended_at },
    verificationStartedAtMs: row.verification_started_at,
    verificationEndedAtMs: row.verification_ended_at,
  };
}

function flag(value: boolean): 0 | 1 {
  return value ? 1 : 0;
}

function flagOrNull(value: boolean | null): 0 | 1 | null {
  return value === null ? null : flag(value);
}

function booleanOrNull(value: 0 | 1 | null): boolean | null {
  return value === null ? null : value === 1;
}
