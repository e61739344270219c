/** What must hold of every verification whose gateway was killed. */
import type { PhoneCall } from "../phones.ts";
import { type ChaosDelivery, graceMs } from "./chaos-delivery.ts";
import { isLost, isMessageLine } from "./lines.ts";
import type { ArrivedMessage } from "./providers.ts";

/** The next step follows a delivery that was lost so soon, at another gateway. */
const takeOverMs = 5000;
/** A lost delivery is found so soon: the limit of its channel here, and a check a second. */
export const lostWithinMs = { message: 16_000, call: 50_000 } as const;

/** Adds what does not hold to the verification's violations. */
export function judge(
  delivery: ChaosDelivery,
  arrived: readonly ArrivedMessage[],
  phones: ReadonlyMap<string, readonly PhoneCall[]>,
): void {
  const { last, violations } = delivery;
  if (delivery.id === null) return;
  if (last === null) {
    violations.push("no gateway shows it");
    return;
  }
  judgeEnd(delivery);
  for (const step of delivery.steps) {
    const got = delivery.messageOf(step, arrived).length;
    if (got > 1) violations.push(`the person got ${got} messages of one delivery over ${step.channel}`);
    const shown = last.deliveries.find(({ channel }) => channel === step.channel);
    const isThere = shown?.state === "sent" || shown?.state === "delivered";
    if (isThere && got === 0) violations.push(`${step.channel} is ${shown?.state}, and no message came`);
    if (shown === undefined && got > 0) violations.push(`a message over ${step.channel} belongs to no delivery`);
  }
  const channels = last.deliveries.map(({ channel }) => channel);
  if (new Set(channels).size < channels.length) violations.push(`a step was begun twice: ${channels.join(", ")}`);
  if (!isMessageLine(delivery.line)) {
    const calls = phones.get(delivery.to) ?? [];
    if (calls.length !== 1) violations.push(`the phone was called ${calls.length} times`);
  }
  if (delivery.timesValid > 1) violations.push(`verified ${delivery.timesValid} times`);
  if (isLost(delivery.line, delivery.state)) judgeTakeOver(delivery);
}

function judgeEnd({ habit, last, typedAtMs, violations }: ChaosDelivery): void {
  const { status = "", expires_at: expires = "", ended_at: ended = null } = last ?? {};
  const expected = habit === "never" ? "expired" : "verified";
  if (status !== expected) violations.push(`it is ${status} and should be ${expected}`);
  if (habit !== "never" && typedAtMs === null) violations.push("no code came that could be typed");
  if (ended === null || Date.parse(ended) > Date.parse(expires) + graceMs) {
    violations.push(`it ended ${ended}, though its time was over at ${expires}`);
  }
}

/** What a killed gateway had not finished is ended, and the workflow goes on at the other one. */
function judgeTakeOver({ line, last, violations }: ChaosDelivery): void {
  const [first, second] = last?.deliveries ?? [];
  if (first?.state !== "failed" || first.reason !== "interrupted") {
    violations.push(`the first delivery is ${first?.state} ${first?.reason}, not failed as interrupted`);
  }
  if (second === undefined || first === undefined) {
    violations.push("the workflow did not go on");
    return;
  }
  const [startedMs, lostMs, nextMs] = [first.started_at, first.ended_at ?? "", second.started_at].map(Date.parse);
  const lostAfterMs = (lostMs ?? 0) - (startedMs ?? 0);
  const most = isMessageLine(line) ? lostWithinMs.message : lostWithinMs.call;
  if (!(lostAfterMs <= most)) violations.push(`it was found lost only after ${lostAfterMs} ms`);
  const goneOnAfterMs = (nextMs ?? 0) - (lostMs ?? 0);
  if (!(goneOnAfterMs <= takeOverMs)) violations.push(`the next step began ${goneOnAfterMs} ms after that`);
}
