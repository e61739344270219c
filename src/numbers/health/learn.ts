/** What the deliveries of a verification that has ended teach about its numbers. */
import type { DeliveryEvidence } from "../../verification/channel-port.ts";
import type { OpenChannel } from "../../verification/channel-set.ts";
import { isTerminal } from "../../verification/machine.ts";
import { simulatedAs } from "../../verification/simulated/reservation.ts";
import type { Delivery, Verification } from "../../verification/types.ts";
import { isE164 } from "../e164.ts";
import { answerKindOf } from "./answers.ts";
import type { Evidence } from "./ports.ts";

/** The parts of a channel that are read. */
export type TaughtChannel = Pick<
  OpenChannel,
  "name" | "proves" | "codes" | "contacts" | "reportsCalls" | "isText" | "machine" | "evidence"
>;

/** A text that was there for less time was hardly to be read. */
const leastReadingMs = 20_000;

/**
 * Nothing of test numbers, of simulated deliveries, and of codes that an app made: who knows the code proves nothing.
 */
export function evidenceOf(
  verification: Verification,
  channelOf: (name: string) => TaughtChannel | undefined,
): readonly Evidence[] {
  const { id, app, status, endedAtMs, appCode, simulated, deliveries, proofDelivery } = verification;
  if (endedAtMs === null || !isTerminal(status) || appCode || simulated === "test") return [];
  const real = deliveries.filter(
    ({ details, channel, to }) =>
      details !== null && simulatedAs(details) === null && channelOf(channel)?.proves === "phone" && isE164(to),
  );
  const proof = status === "verified" ? real.find(({ number }) => number === proofDelivery) : undefined;
  const about = (delivery: Delivery) => ({ to: delivery.to, app, atMs: delivery.endedAtMs ?? endedAtMs });

  const taught = real.flatMap((delivery): Evidence[] => {
    const channel = channelOf(delivery.channel) as TaughtChannel;
    const found: Evidence[] = [];
    if (channel.reportsCalls) {
      const answers = answersOf(channel.evidence?.(delivery, id) ?? {});
      if (answers.length > 0) found.push({ ...about(delivery), source: "call", answers });
    } else if (channel.contacts !== false && delivery.state === "delivered") {
      found.push({ ...about(delivery), source: "message", answers: [{ via: channel.name, kind: "alive" }] });
    }
    if (channel.isText && proof !== undefined && proof.to === delivery.to) {
      const text = textOf(delivery, channel, proof, endedAtMs);
      if (text !== null) found.push({ ...about(delivery), atMs: endedAtMs, via: channel.name, text });
    }
    return found;
  });
  if (proof === undefined) return taught;
  const answers = [{ via: proof.channel, kind: "alive" as const }];
  return [...taught, { to: proof.to, app, atMs: endedAtMs, source: "verification", answers }];

  /** By a channel with the same code the person may have read the text all the same. */
  function textOf(delivery: Delivery, channel: TaughtChannel, by: Delivery, atMs: number): "read" | "unread" | null {
    if (delivery.number === by.number) return "read";
    const wasSent = channel.machine.states[delivery.state] === "delivered";
    const couldTell = channelOf(by.channel)?.codes !== "derived";
    return wasSent && couldTell && atMs - delivery.startedAtMs >= leastReadingMs ? "unread" : null;
  }
}

function answersOf({ invites = [], outcome, falseAnswer }: DeliveryEvidence) {
  return invites.flatMap(([via, , own], index) => {
    const isLast = index === invites.length - 1 && own === outcome;
    const kind = answerKindOf(own, isLast ? falseAnswer : undefined);
    return kind === null ? [] : [{ via, kind }];
  });
}
