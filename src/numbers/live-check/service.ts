/**
 * Live checks: asks the network about a number by one call, at most once in `repeat_hours` over all apps. What stands against a
 * call is looked at in this order: policy, the guard, what is known already, limits, a channel slot.
 */
import { type Clock, steadyClock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { within } from "../../shared/within.ts";
import type { LiveCheckConfig } from "./config.ts";
import type {
  CallAnswer,
  LiveAsk,
  LiveCallee,
  LiveCaller,
  LiveCheck,
  LiveCheckStore,
  LiveGuard,
  LiveObservation,
  StoreAnswer,
} from "./ports.ts";
import { rememberedMs } from "./remember.ts";
import type { LiveReading, LiveReason, LiveResult } from "./types.ts";

/** Between two looks at a check of the same number that is in progress. */
const lookAgainMs = 250;
/** Requests that wait for one; more are answered at once. */
const mostWaiting = 200;
/** A place that is not released is free this long after the answer was due. */
const placeMarginMs = 30_000;

export interface LiveCheckParts {
  /** As it is now. */
  readonly config: () => LiveCheckConfig;
  readonly store: LiveCheckStore;
  readonly caller: LiveCaller;
  readonly guard: LiveGuard;
  readonly calleeOf: (to: string) => LiveCallee;
  /** Names of all apps. */
  readonly apps: () => readonly string[];
  /** How long the app's calls to a country wait for the end of its quiet hours; null: they do not. */
  readonly quietForMs: (app: string, country: string) => number | null;
  /** What a test number of the app answers; null: it is none. */
  readonly testAnswer: (app: string, to: string) => LiveReading | null;
  /** A check was answered. Must not throw. @param asked whether a call was placed for it */
  readonly onAnswer: (result: LiveResult, asked: boolean) => void;
  /** A call ended. Must not throw. */
  readonly observe: (observation: LiveObservation) => void;
  readonly clock: Clock;
  readonly random: Random;
}

/** One check that policy and the guard allow. */
interface Check {
  readonly id: string;
  readonly ask: LiveAsk;
  readonly callee: LiveCallee;
  /** When its answer is due, by the steady clock. */
  readonly untilMs: number;
  /** The client is gone, or the gateway drains. */
  readonly canceled: AbortSignal;
}

/** A check's answer. @property asked whether a call was placed for it */
interface Answer {
  readonly result: LiveResult;
  readonly asked: boolean;
}

const unknown = (reason: LiveReason, retryAfterMs: number | null = null): Answer => ({
  result: { state: "unknown", reason, evidence: null, checkedAtMs: null, ageMs: null, retryAfterMs },
  asked: false,
});

export function createLiveCheck(parts: LiveCheckParts): LiveCheck {
  const { config, store, caller, guard, calleeOf, apps, quietForMs, testAnswer, onAnswer, observe, clock, random } =
    parts;
  /** Of deadlines. */
  const { nowMs } = steadyClock(clock);
  let draining = false;
  /** In progress, each with what cancels it. Bounded by the requests that the server takes. */
  const live = new Map<Promise<Answer>, AbortController>();
  let waiting = 0;

  /** What the store says of the callee; while another check of it is in progress, that one's answer. */
  async function look({ callee, untilMs, canceled }: Check): Promise<StoreAnswer> {
    let found = await store.look(callee, apps());
    if (found.kind !== "under_way" || waiting >= mostWaiting) return found;
    waiting++;
    try {
      while (found.kind === "under_way" && !canceled.aborted && nowMs() + lookAgainMs < untilMs) {
        await new Promise<void>((resolve) => void clock.after(lookAgainMs, resolve));
        found = await store.look(callee, apps());
      }
      return found;
    } finally {
      waiting--;
    }
  }

  /** @returns null: nothing is against a call */
  function answerOf(found: StoreAnswer): Answer | null {
    switch (found.kind) {
      case "known": {
        const { reading, atMs, ageMs } = found;
        return { result: { ...reading, checkedAtMs: atMs, ageMs, retryAfterMs: found.leftMs }, asked: false };
      }
      case "busy":
        return unknown(found.with === "call" ? "call_in_progress" : "verification_open", found.retryAfterMs);
      case "under_way":
        return unknown("call_in_progress", lookAgainMs);
      case "no_caller_id":
        return unknown("no_capacity");
      case "free":
      case "begun":
        return null;
    }
  }

  /** Places the call, and stores what it said. @returns null: another check of the number began at the same moment */
  async function call({ id, callee, ask, untilMs, canceled }: Check): Promise<Answer | null> {
    const { app, to, country, ranges } = ask;
    const { repeat_hours: repeatHours, cost = null } = config();
    const repeatMs = repeatHours * 3_600_000;
    let found: StoreAnswer | null = null;
    let answer: CallAnswer = { kind: "not_placed", why: "unavailable", retryAfterMs: null };
    let endedAtMs: number | null = null;
    try {
      answer = await caller.call({
        ...{ id, app, callee: to, ranges, withinMs: untilMs - nowMs(), canceled },
        async begin(offer) {
          found = await store.begin(callee, apps(), { ...offer, id, repeatMs });
          return found.kind === "begun" ? found.choice : null;
        },
      });
    } finally {
      const { reading, mayStillRing } = answer.kind === "ended" ? answer : { reading: null, mayStillRing: false };
      const rememberMs = answer.kind === "ended" ? rememberedMs(answer, repeatMs) : 0;
      // What is not stored ends by itself: the callee's lock when the call counts as lost, the rest after `repeat_hours`.
      endedAtMs = await store.end(callee, { id, reading, mayStillRing, rememberMs }).catch(() => null);
    }
    if (answer.kind === "ended") {
      const { reading, attempts } = answer;
      const atMs = endedAtMs ?? clock.nowMs();
      observe({ id, app, to, callee, country, reading, attempts, cost, atMs });
      return { result: { ...reading, checkedAtMs: atMs, ageMs: 0, retryAfterMs: null }, asked: true };
    }
    if (answer.why !== "taken") return unknown(answer.why, answer.retryAfterMs);
    if ((found as StoreAnswer | null)?.kind === "under_way") return null;
    return (found && answerOf(found)) ?? unknown(canceled.aborted ? "interrupted" : "no_capacity");
  }

  /** Within the limits of live checks. @returns as `call` */
  async function admitted(check: Check): Promise<Answer | null> {
    const { id, ask } = check;
    const { per_minute: perMinute, app_per_minute: appPerMinute, app_per_day: appPerDay } = config();
    const { max_concurrent_calls: maxConcurrent, answer_within_ms: withinMs } = config();
    const limits = { perMinute, appPerMinute, appPerDay, maxConcurrent, leaseMs: withinMs + placeMarginMs };
    const place = await store.admit({ id, app: ask.app, ...limits });
    if (place.kind === "limited") return unknown("limited", place.retryAfterMs);
    let answer: Answer | null = null;
    try {
      answer = await call(check);
    } finally {
      await store.release(id, ask.app, place.stamp, answer?.asked !== true).catch(() => undefined);
    }
    return answer;
  }

  /** The answer of another check of the number, which is in progress. */
  async function theirs(check: Check): Promise<Answer> {
    return answerOf(await look(check)) ?? unknown("call_in_progress", lookAgainMs);
  }

  async function judged(ask: LiveAsk, untilMs: number, canceled: AbortSignal): Promise<Answer> {
    const { app, to, country, callable } = ask;
    const test = testAnswer(app, to);
    if (test !== null) {
      return { result: { ...test, checkedAtMs: clock.nowMs(), ageMs: 0, retryAfterMs: null }, asked: false };
    }
    if (!callable) return unknown("not_callable");
    if (country === null || !config().countries.includes(country)) return unknown("country_off");
    const quietMs = quietForMs(app, country);
    if (quietMs !== null) return unknown("quiet_hours", quietMs);
    const id = `live_${random.bytes(15).toString("base64url")}`;
    const decision = await guard.decide({ id, app, to, country, cost: config().cost ?? null });
    if (decision.kind === "deny") return unknown("denied", decision.retryAfterMs);
    const check = { id, ask, callee: calleeOf(to), untilMs, canceled };
    let answer = unknown("unavailable");
    try {
      answer = answerOf(await look(check)) ?? (await admitted(check)) ?? (await theirs(check));
    } finally {
      if (!answer.asked) decision.notMade();
    }
    return answer;
  }

  return {
    async check(ask) {
      if (draining) return unknown("unavailable").result;
      const { answer_within_ms: withinMs } = config();
      const cancel = new AbortController();
      const gone = () => cancel.abort();
      if (ask.gone.aborted) gone();
      else ask.gone.addEventListener("abort", gone, { once: true });
      // Redis did not answer: nothing may be placed.
      const work = judged(ask, nowMs() + withinMs, cancel.signal).catch(() => unknown("unavailable"));
      live.set(work, cancel);
      void work.then(() => {
        live.delete(work);
        ask.gone.removeEventListener("abort", gone);
      });
      // A call that is late goes on to its end, which is stored.
      const { result, asked } = await within(work, withinMs, unknown("deadline"), clock);
      onAnswer(result, asked);
      return result;
    },
    async drain() {
      draining = true;
      for (const cancel of live.values()) cancel.abort();
      await Promise.all(live.keys());
    },
  };
}
