/** Cancels the calls of gateways that died (ADR 73). */
import type { Logger } from "pino";
import { type Clock, steadyClock } from "../../shared/clock.ts";
import { type CancelParts, type LostInvite, sendCancel } from "../../sip/call/lost-invite.ts";
import type { ConnectionRules, Target } from "../../sip/transport/port.ts";
import { beatMs, type EndedProcesses, type OpenInvite, type OrphanInvites } from "./open-invites-port.ts";

export interface TakeoverParts extends CancelParts {
  readonly store: OrphanInvites;
  /** Null or left out: this gateway has one process. */
  readonly processes?: EndedProcesses | null;
  /** Of a trunk of the configuration; undefined: there is none of this name any more. */
  readonly rulesOf: (trunk: string) => ConnectionRules | undefined;
  /** A 2xx to a canceled INVITE: the phone was answered at that moment. It needs ACK and BYE. */
  readonly answered: (...answer: [...Parameters<LostInvite["onAnswer"]>, trunk: string, target: Target]) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Takeover {
  /** Begins to beat and to look. */
  start(): void;
  /** Resolves when others know that this gateway stopped, or the store did not answer. */
  stop(): Promise<void>;
  /** Calls that were canceled for other gateways since the start. */
  readonly canceled: number;
}

/** What cannot be sent is tried with each beat, and logged as often as this. */
const logEveryMs = 60_000;
/** Of one gateway; the rest follows with the next beat. */
const maxTakes = 50;
/** Gateways whose calls are taken at once; more are found again. One alone may wait for a carrier that takes no connection. */
const mostAtOnce = 100;

export function createTakeover(parts: TakeoverParts): Takeover {
  const { store, processes = null, logger } = parts;
  const clock = steadyClock(parts.clock);
  let running = false;
  let canceled = 0;
  let failedLoggedAtMs = Number.NEGATIVE_INFINITY;
  let stopTimer = () => {};
  let beating: Promise<void> = Promise.resolve();
  /** Gateways whose calls are being taken. */
  const taking = new Map<string, Promise<void>>();

  /**
   * @returns whether CANCEL was handed to a flow: no other gateway needs to send it. Where that breaks, it is sent again from here.
   */
  async function cancel({ sent, trunk, target }: OpenInvite): Promise<boolean> {
    const rules = parts.rulesOf(trunk);
    const to = rules === undefined ? target : { ...target, rules };
    const onAnswer: LostInvite["onAnswer"] = (response, flow) => parts.answered(response, flow, trunk, to);
    return (await sendCancel(parts, { sent, target: to, onAnswer })) === true;
  }

  /** @param hasEnded it is known to have, whatever its last beat says */
  async function takeFrom(gateway: string, hasEnded: boolean): Promise<void> {
    let calls = 0;
    let unreadable = 0;
    let failed = 0;
    for (let take = 0; take < maxTakes && running; take++) {
      // One that was frozen may be back, and have calls that ring as they should.
      if (!hasEnded && !(await store.isDead(gateway))) break;
      const orphans = await store.take(gateway);
      const results = await Promise.all(orphans.map(async ({ invite }) => invite !== null && (await cancel(invite))));
      const done = orphans.filter(({ invite }, index) => invite === null || results[index]);
      const sent = results.filter(Boolean).length;
      calls += sent;
      canceled += sent;
      unreadable += orphans.filter(({ invite }) => invite === null).length;
      failed += orphans.length - done.length;
      await store.done(
        gateway,
        done.map(({ attempt }) => attempt),
      );
      // What could not be sent is tried again after a beat.
      if (orphans.length === 0 || done.length < orphans.length) break;
    }
    if (calls + failed + unreadable === 0) return;
    if (calls + unreadable === 0 && clock.nowMs() - failedLoggedAtMs < logEveryMs) return;
    failedLoggedAtMs = clock.nowMs();
    logger.warn({ calls, failed, unreadable }, "a gateway stopped without ending its calls: canceling them");
  }

  /** Each by itself: where a carrier accepts no connection, the calls of other gateways do not wait. */
  function take(gateway: string, hasEnded = false): void {
    const before = taking.get(gateway);
    // One that counted as alive is looked at once more when it is known to have ended.
    if (!running || (!hasEnded && (before !== undefined || taking.size >= mostAtOnce))) return;
    const work: Promise<void> = (before ?? Promise.resolve())
      .then(() => takeFrom(gateway, hasEnded))
      // Redis does not answer, which its client logs. A beat finds it again.
      .catch(() => undefined)
      .finally(() => {
        if (taking.get(gateway) === work) taking.delete(gateway);
      });
    taking.set(gateway, work);
  }

  /** Does not wait for what is taken: a carrier that accepts no connection would cost this gateway its own next beats. */
  async function beat(): Promise<void> {
    try {
      for (const gateway of await store.beat()) take(gateway);
    } catch {
      // As above.
    }
  }

  function next(): void {
    if (!running) return;
    beating = beat().finally(() => {
      if (running) stopTimer = clock.after(beatMs, next);
    });
  }

  return {
    start() {
      if (running) return;
      running = true;
      // What its last write brings to Redis later than this is found by a beat.
      processes?.onEnded((gateway) => take(gateway, true));
      processes?.announce(store.gateway);
      next();
    },
    async stop() {
      if (!running) return;
      running = false;
      stopTimer();
      await beating;
      await Promise.all(taking.values());
      await store.leave().catch(() => undefined);
    },
    get canceled() {
      return canceled;
    },
  };
}
