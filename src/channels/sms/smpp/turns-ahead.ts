/**
 * Reserves time for a few messages more than wait, where a bind takes so many that this is a moment of its time: a busy
 * gateway then asks the store once for several messages, and most of them do not wait for it. A turn that nobody took passes
 * unused: 10 ms of the bind's time at most, when a gateway that was busy has nothing more to send.
 */
import type { Clock } from "../../../shared/clock.ts";
import type { MessageAdmission, MessageTurn, TurnRequest } from "../admission-port.ts";

/** A slower bind has no turn to lose. */
const leastPerSecond = 400;
/** Turns are reserved for what is expected in this time, and may be taken so long after their own. */
const aheadMs = 10;
/** Of one request to the store. */
const mostTurns = 50;
/** Groups that nobody asks for end with the next thousand. */
const mostGroups = 1000;

interface Waiting {
  readonly askedAtMs: number;
  readonly resolve: (turn: MessageTurn) => void;
  readonly reject: (error: unknown) => void;
}

/** What requests with the same arguments share. */
interface Group {
  readonly request: TurnRequest;
  /** Turns that nobody has: on `bind`, in order, the first at `nextAtMs`. */
  free: { readonly bind: number; readonly intervalMs: number; left: number; nextAtMs: number } | null;
  waiting: Waiting[];
  asking: boolean;
  /** Requests since `sinceMs`, of which the rate is estimated. */
  asked: number;
  sinceMs: number;
  perMs: number;
}

/** @param clock whose milliseconds the turns are counted by */
export function withTurnsAhead(admission: MessageAdmission, clock: Pick<Clock, "nowMs">): MessageAdmission {
  const groups = new Map<string, Group>();

  function groupOf(request: TurnRequest, nowMs: number): Group {
    const key = keyOf(request);
    let group = groups.get(key);
    if (group === undefined) {
      if (groups.size >= mostGroups) groups.clear();
      group = { request, free: null, waiting: [], asking: false, asked: 0, sinceMs: nowMs, perMs: 0 };
      groups.set(key, group);
    }
    return group;
  }

  /** Null: none is free. */
  function freeTurn(group: Group, nowMs: number): MessageTurn | null {
    const { free } = group;
    if (free === null) return null;
    const late = Math.max(0, Math.ceil((nowMs - aheadMs - free.nextAtMs) / free.intervalMs));
    free.left -= late;
    free.nextAtMs += late * free.intervalMs;
    if (free.left <= 0) {
      group.free = null;
      return null;
    }
    const turn = { kind: "taken", bind: free.bind, waitMs: Math.max(0, free.nextAtMs - nowMs) } as const;
    free.left -= 1;
    free.nextAtMs += free.intervalMs;
    return turn;
  }

  async function ask(group: Group): Promise<void> {
    const { request } = group;
    while (group.waiting.length > 0) {
      const all = group.waiting.splice(0, mostTurns);
      const ahead = Math.min(mostTurns - all.length, Math.floor(group.perMs * aheadMs), mostAhead(request));
      const askedAtMs = clock.nowMs();
      try {
        const turn = await admission.reserve({ ...request, messages: all.length + ahead });
        if (turn.kind === "taken") {
          const intervalMs = 1000 / (request.binds[turn.bind]?.messagesPerSecond ?? leastPerSecond);
          const firstMs = askedAtMs + turn.waitMs;
          const nextAtMs = firstMs + all.length * intervalMs;
          group.free = ahead > 0 ? { bind: turn.bind, intervalMs, left: ahead, nextAtMs } : null;
          for (const [index, { askedAtMs: fromMs, resolve }] of all.entries()) {
            resolve({ ...turn, waitMs: Math.max(0, firstMs + index * intervalMs - fromMs) });
          }
        } else for (const { resolve } of all) resolve(turn);
      } catch (error) {
        for (const { reject } of all) reject(error);
      }
    }
    group.asking = false;
  }

  return {
    giveBack: (bind, messages) => admission.giveBack(bind, messages),
    async reserve(request) {
      if (request.messages !== 1 || mostAhead(request) < 1) return admission.reserve(request);
      const nowMs = clock.nowMs();
      const group = groupOf(request, nowMs);
      count(group, nowMs);
      const free = group.waiting.length === 0 ? freeTurn(group, nowMs) : null;
      if (free !== null) return free;
      return new Promise((resolve, reject) => {
        group.waiting.push({ askedAtMs: nowMs, resolve, reject });
        if (group.asking) return;
        group.asking = true;
        // For all of this turn of the event loop.
        process.nextTick(() => void ask(group));
      });
    },
  };
}

/** A window is as long as turns are reserved ahead; one without a request before it says nothing of the rate. */
function count(group: Group, nowMs: number): void {
  const passedMs = nowMs - group.sinceMs;
  if (passedMs >= aheadMs || passedMs < 0) {
    group.perMs = passedMs < 0 ? 0 : group.asked / passedMs;
    group.asked = 0;
    group.sinceMs = nowMs;
  }
  group.asked += 1;
}

/** Turns of the slowest bind within the time. */
function mostAhead({ binds }: TurnRequest): number {
  const slowest = Math.min(...binds.map(({ messagesPerSecond }) => messagesPerSecond));
  return slowest < leastPerSecond ? 0 : Math.floor((slowest * aheadMs) / 1000);
}

function keyOf({ binds, maxWaitMs, app, weight, shares }: TurnRequest): string {
  let key = `${app} ${weight} ${shares} ${maxWaitMs}`;
  for (const { name, messagesPerSecond } of binds) key += ` ${name} ${messagesPerSecond}`;
  return key;
}
