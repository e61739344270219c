/**
 * Sends one message over the binds of a route: part after part, each after the SMSC took the one before, so that a refusal
 * of the first leaves nothing behind and another bind or route may take the whole. What may have been taken is never sent
 * again.
 */
import type { Logger } from "pino";
import type { Clock } from "../../../shared/clock.ts";
import type { Publish } from "../../../shared/publish.ts";
import type { SmsEvents } from "../events.ts";
import type { SmsAnswer } from "../route-port.ts";
import { PduError } from "./pdu.ts";
import { meaningOf, okStatus, type StatusReasons, statusName } from "./status.ts";
import type { Submit } from "./submit.ts";
import type { RouteBind, Turn, Turns } from "./turns.ts";

export interface SendParts {
  readonly route: string;
  readonly app: string;
  readonly binds: readonly RouteBind[];
  readonly turns: Turns;
  /** The message's submits over a bind. @throws {PduError} */
  readonly submits: (over: RouteBind) => readonly Submit[];
  /** The SMSC took a part, one of so many, under this id. */
  readonly taken: (messageId: string, of: number) => void;
  readonly statusReasons: StatusReasons;
  /** From the start; what begins later could not be answered within the route's limit. */
  readonly startLimitMs: number;
  /** Since the start, the time in which the machine was suspended included. */
  readonly passedMs: () => number;
  readonly publish: Publish<SmsEvents>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The SMSC's ids of all parts, or why there are none. */
export type SendAnswer =
  | Exclude<SmsAnswer, { kind: "taken" }>
  | { readonly kind: "taken"; readonly ids: readonly string[] };

type PartAnswer =
  | { readonly kind: "taken"; readonly id: string }
  | { readonly kind: "lost" }
  | (Extract<SmsAnswer, { kind: "refused" }> & {
      /** Over another bind, or later over this one: the bind is down or throttled. */
      readonly retry: boolean;
      readonly wentOut: boolean;
    });

/** Further turns that one message takes. */
const mostRetries = 4;

/** Never throws. @param first time on a bind; it is ended here */
export async function sendParts(first: Turn, parts: SendParts): Promise<SendAnswer> {
  const { turns, clock, logger } = parts;
  const lastStartMs = clock.nowMs() + parts.startLimitMs;
  const ids: string[] = [];
  let turn = first;
  /** Submits that went out in this turn. */
  let used = 0;
  let retries = 0;
  try {
    let submits = parts.submits(turn.over);
    for (;;) {
      const submit = submits[ids.length];
      if (submit === undefined) return { kind: "taken", ids };
      const answer = await sendPart(submit, turn, used, lastStartMs, parts);
      if (answer.kind === "lost") return { kind: "unknown" };
      if (answer.kind === "taken") {
        used += 1;
        ids.push(answer.id);
        parts.taken(answer.id, submits.length);
        continue;
      }
      if (answer.wentOut) used += 1;
      retries += 1;
      const mayRetry = answer.retry && retries <= mostRetries;
      const left = submits.length - ids.length;
      const next = mayRetry ? await nextTurn(turn, left, ids.length > 0, lastStartMs, parts) : null;
      if (next === null) return ids.length === 0 ? refused(answer) : { kind: "partly_taken", reason: answer.reason };
      turns.end(turn, turn.messages - used);
      [turn, used] = [next, 0];
      // Another bind may read another alphabet; what has begun goes on as it began.
      if (ids.length === 0) submits = parts.submits(turn.over);
    }
  } catch (error) {
    const isUnfit = error instanceof PduError;
    // The name only: a text could hold the message. A PduError names the parameter alone.
    const what = isUnfit ? error.message : error instanceof Error ? error.name : "unknown";
    logger.error({ route: parts.route, why: what }, "an SMS could not be written");
    return ids.length === 0 && isUnfit ? { kind: "refused", reason: "rejected", elsewhere: true } : { kind: "unknown" };
  } finally {
    turns.end(turn, turn.messages - used);
  }
}

const refused = ({
  reason,
  elsewhere,
}: {
  reason: Extract<SmsAnswer, { kind: "refused" }>["reason"];
  elsewhere: boolean;
}): SendAnswer => ({
  kind: "refused",
  reason,
  elsewhere,
});

async function sendPart(
  submit: Submit,
  { over, atMs }: Turn,
  used: number,
  lastStartMs: number,
  { clock, publish, route, statusReasons, passedMs, startLimitMs }: SendParts,
): Promise<PartAnswer> {
  await until(atMs + (used * 1000) / over.limits.messagesPerSecond, clock);
  const down = { kind: "refused", reason: "provider_down", elsewhere: true, wentOut: false } as const;
  const isLate = () => passedMs() > startLimitMs;
  if (isLate()) return { ...down, retry: false };
  const answer = await over.bind.submit(submit, lastStartMs, isLate);
  if (answer.kind === "unsent") return { ...down, retry: true };
  publish("sms.submitted", { route, status: answer.kind === "lost" ? "no_answer" : statusName(answer.status) });
  if (answer.kind === "lost") return { kind: "lost" };
  if (answer.status === okStatus) return { kind: "taken", id: answer.messageId };
  const { reason, elsewhere, pause } = meaningOf(answer.status, statusReasons);
  return { kind: "refused", reason, elsewhere, retry: pause || reason === "provider_down", wentOut: true };
}

/**
 * Time on another bind; for a message that has begun also on the same one, later. Null: none in time.
 */
async function nextTurn(
  { over }: Turn,
  messages: number,
  hasBegun: boolean,
  lastStartMs: number,
  { binds, turns, app, clock }: SendParts,
): Promise<Turn | null> {
  const candidates = hasBegun ? binds : binds.filter((other) => other !== over);
  while (candidates.length > 0) {
    const next = await turns.take(candidates, app, messages).catch(() => null);
    if (next === null || !("none" in next)) return next;
    const againAtMs = clock.nowMs() + next.retryAfterMs;
    if (!hasBegun || againAtMs >= lastStartMs) return null;
    await until(againAtMs, clock);
  }
  return null;
}

function until(atMs: number, clock: Clock): Promise<void> {
  const leftMs = atMs - clock.nowMs();
  return leftMs <= 0 ? Promise.resolve() : new Promise((resolve) => void clock.after(leftMs, resolve));
}
