/** Detail records (CDRs) from a verification that has ended: one a delivery, whatever its channel. */
import { calleePrefix } from "../numbers/callee-prefix.ts";
import { type Networks, noNetworks } from "../numbers/networks/ports.ts";
import { networkLabel } from "../numbers/networks/types.ts";
import type { DeliveryEvidence, Invite } from "../verification/channel-port.ts";
import type { OpenChannel } from "../verification/channel-set.ts";
import { isTerminal, type Status } from "../verification/machine.ts";
import { simulatedAs } from "../verification/simulated/reservation.ts";
import { countryOf, type Delivery, type Verification } from "../verification/types.ts";

/** One delivery of a verification that has ended. Null: does not apply to the channel, or is not known. */
export interface Cdr {
  readonly verification: string;
  /** Which delivery, 1 for the first. */
  readonly number: number;
  /** The verification's event that it was written at: a later one replaces it. */
  readonly seq: number;
  readonly app: string;
  readonly channel: string;
  /** The delivery's recipient; null: erased. */
  readonly to: string | null;
  /** The verification's; null: erased. */
  readonly verificationTo: string | null;
  readonly country: string | null;
  /** The first digits of a number, for statistics (numbers/callee-prefix.ts). */
  readonly prefix: string | null;
  /** The callee's mobile operator, by its name or else its code; null: not known. */
  readonly network: string | null;
  readonly trunk: string | null;
  readonly asterisk: string | null;
  readonly range: string | null;
  /** Of each call in order. */
  readonly callerIds: readonly string[];
  /** The route, server, service or sender of a message. */
  readonly route: string | null;
  readonly segments: number | null;
  /** Every INVITE in order. */
  readonly invites: readonly Invite[];
  readonly outcome: string | null;
  readonly alerted: boolean | null;
  readonly postDialDelayMs: number | null;
  readonly ringMs: number | null;
  readonly answered: boolean | null;
  readonly talkMs: number | null;
  readonly falseAnswer: boolean | null;
  readonly sipStatus: number | null;
  readonly q850: number | null;
  readonly endedBy: string | null;
  /** Where the evidence is from: `sip` or `events`. */
  readonly source: string | null;
  readonly state: string;
  readonly reason: string | null;
  /** Whether it began: a step that was refused did not. */
  readonly begun: boolean;
  /** Whether the person may have had it. */
  readonly delivered: boolean;
  /** Whether this delivery proved the recipient. */
  readonly verified: boolean;
  /** The first of its verification that began, at which that is counted. */
  readonly first: boolean;
  /** The newest of its verification. */
  readonly last: boolean;
  /** The verification's. */
  readonly status: Status;
  /** In millionths of the operator's currency: sums of integers are exact. */
  readonly costMicros: number | null;
  /** Name of the guard's rule that decided about it; null: none did. */
  readonly guardDecision: string | null;
  /** Of a test: in no statistics. */
  readonly test: boolean;
  readonly reference: string | null;
  /** Checks that the verification used; null where there was never a code to type. */
  readonly checksUsed: number | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly verificationStartedAtMs: number;
  readonly verificationEndedAtMs: number;
}

/** What a delivery's `guardDecision` begins with that was the guard's shadow answer: no statistics count it. */
export const shadowDecision = "shadow";

export type CdrsOf = (verification: Verification) => readonly Cdr[];

/** The parts of a channel that a record needs. */
export type RecordedChannel = Pick<OpenChannel, "name" | "proves" | "machine" | "evidence">;

/**
 * @param channels of this gateway; a delivery of another one has a record without evidence
 * @param maxChecks `verification.max_checks`
 * @param networks what the range of a number says, where the delivery's record does not say more
 */
export function createCdrs(
  channels: readonly RecordedChannel[],
  maxChecks: number,
  networks: Pick<Networks, "known"> = noNetworks,
): CdrsOf {
  const byName = new Map(channels.map((channel) => [channel.name, channel]));

  return (verification) => {
    const { id, deliveries, status, endedAtMs, checksLeft } = verification;
    if (!isTerminal(status) || endedAtMs === null) throw new Error(`the verification ${id} has not ended`);
    const first = deliveries.find(({ details }) => details !== null);
    const common = {
      ...{ verification: id, seq: verification.seq, app: verification.app, verificationTo: verification.to, status },
      checksUsed: checksLeft === null ? null : Math.max(0, (verification.maxChecks ?? maxChecks) - checksLeft),
      ...{ test: verification.simulated === "test", reference: verification.reference },
      verificationStartedAtMs: verification.createdAtMs,
      verificationEndedAtMs: endedAtMs,
    };
    return deliveries.map((delivery): Cdr => {
      const channel = byName.get(delivery.channel);
      const { number, to, state, reason, cost, guardDecision, startedAtMs } = delivery;
      // Nothing was sent, so it took no path and cost nothing, whatever its answers said.
      const simulated = simulatedAs(delivery.details);
      const evidence = channel?.evidence?.(delivery, id) ?? {};
      const verified = status === "verified" && number === verification.proofDelivery;
      return {
        ...common,
        ...{ number, channel: delivery.channel, to, state, reason, guardDecision, startedAtMs, verified },
        country: countryOf(verification, to),
        prefix: channel?.proves === "phone" ? calleePrefix(to) : null,
        network: channel?.proves === "phone" ? networkLabel(delivery.network ?? networks.known(to)) : null,
        begun: delivery.details !== null,
        delivered: verified || wasDelivered(channel, delivery),
        first: delivery === first,
        last: number === deliveries.length,
        costMicros: simulated !== null ? 0 : cost === null ? null : Math.round(cost * 1e6),
        guardDecision: simulated === "shadow" ? `${shadowDecision}:${delivery.guardDecision ?? ""}` : guardDecision,
        // One that still waited ended with its verification.
        endedAtMs: delivery.endedAtMs ?? endedAtMs,
        ...course(simulated === null ? evidence : pathless(evidence)),
      };
    });
  };
}

function pathless(evidence: DeliveryEvidence): DeliveryEvidence {
  const { invites: _, callerIds: __, trunk: ___, ...rest } = evidence;
  return rest;
}

function course(evidence: DeliveryEvidence) {
  const { invites = [], callerIds = [] } = evidence;
  const [trunk, asterisk] = invites.at(-1) ?? [evidence.trunk, undefined];
  return {
    ...{ invites, callerIds, trunk: trunk ?? null, asterisk: asterisk ?? null, range: evidence.range ?? null },
    ...{ route: evidence.route ?? null, segments: evidence.segments ?? null },
    ...{ outcome: evidence.outcome ?? null, alerted: evidence.alerted ?? null, source: evidence.source ?? null },
    ...{ postDialDelayMs: evidence.postDialDelayMs ?? null, ringMs: evidence.ringMs ?? null },
    ...{ answered: evidence.answered ?? null, talkMs: evidence.talkMs ?? null },
    ...{ falseAnswer: evidence.falseAnswer ?? null, endedBy: evidence.endedBy ?? null },
    ...{ sipStatus: evidence.sipStatus ?? null, q850: evidence.q850Cause ?? null },
  };
}

/** Of a code in two calls both must have been. */
function wasDelivered(channel: RecordedChannel | undefined, { state }: Delivery): boolean {
  const meaning = channel?.machine.states[state];
  return meaning === "delivered" || meaning === "proven";
}
