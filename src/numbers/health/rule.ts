/**
 * The guard's rule of a number's health: an inactive number is not contacted, and a start begins with a channel that reaches
 * the person.
 */
import type { NumberHealthAction } from "../../apps/number-health-config.ts";
import type { GuardRule, Verdict } from "../../guard/rule.ts";
import type { Clock } from "../../shared/clock.ts";
import { Refusal } from "../../shared/refusal.ts";
import type { GuardAsk } from "../../verification/guard-port.ts";
import type { NumberHealthConfig } from "./config.ts";
import { avoided, type Finding, inactive, type Judgement } from "./judge.ts";
import type { TaughtChannel } from "./learn.ts";
import type { HealthObserver } from "./ports.ts";

const dayMs = 86_400_000;

/** What a request names to have its start not refused. */
export const healthOverride = "number_health";

/** Its problem has `age_days`: whole days since the newest evidence. */
export class NumberInactive extends Refusal {
  constructor(ageDays: number) {
    const when = ageDays === 0 ? "today" : ageDays === 1 ? "a day ago" : `${ageDays} days ago`;
    super(
      "number_inactive",
      `Networks said that this number is not in use, last ${when}. Ask the person for the number; where it is in use again, start with \`override: ["${healthOverride}"]\`.`,
      null,
      { age_days: ageDays },
    );
  }
}

export function healthRule(parts: {
  /** Null: nothing is known. Never rejects. */
  readonly look: (to: string, app: string) => Promise<Judgement | null>;
  readonly config: () => NumberHealthConfig;
  readonly actionOf: (app: string) => NumberHealthAction;
  readonly channelOf: (name: string) => TaughtChannel | undefined;
  readonly observer: Pick<HealthObserver, "reordered">;
  readonly clock: Pick<Clock, "nowMs">;
}): GuardRule {
  const { look, config, actionOf, channelOf, observer, clock } = parts;
  function isOf(name: string, kind: "calls" | "texts"): boolean {
    const channel = channelOf(name);
    return (kind === "texts" ? channel?.isText : channel?.reportsCalls) === true;
  }

  function refused(found: Finding, ask: GuardAsk): Verdict {
    const ageDays = Math.floor(Math.max(0, clock.nowMs() - found.atMs) / dayMs);
    const figures = [
      { name: "age_days", limit: null, count: ageDays, windowSeconds: null },
      { name: "confidence_percent", limit: config().refuse_percent, count: percent(found), windowSeconds: null },
    ];
    const isOnlyRecorded = actionOf(ask.app) === "record" || (ask.override ?? []).includes(healthOverride);
    return isOnlyRecorded
      ? { kind: "record", figures }
      : { kind: "deny", refusal: new NumberInactive(ageDays), figures };
  }

  /** Whether it contacts the number itself: a call in needs the person to act, and a mail or a push goes elsewhere. */
  function reaches(name: string): boolean {
    const channel = channelOf(name);
    return channel?.proves === "phone" && channel.contacts !== false;
  }

  /** Begins with a channel of another kind that the plan has, where there is one. */
  function instead(judgement: Judgement, { channel, planned }: GuardAsk): Verdict | null {
    for (const { kind, state } of avoided(judgement)) {
      if (!isOf(channel, kind)) continue;
      const better = planned.find((other) => reaches(other) && !isOf(other, kind));
      if (better === undefined) continue;
      observer.reordered(state);
      return { kind: "begin_with", channel: better };
    }
    return null;
  }

  return {
    name: "number_health",
    binding: "always",
    async judge(ask) {
      const { app, to, mode, proves, contacts, test } = ask;
      // What has begun goes on; a call that the person places costs nothing, and shows that the number is in use.
      if (mode !== "new" || proves !== "phone" || !contacts || test || actionOf(app) === "off") return null;
      const judgement = await look(to, app);
      if (judgement === null) return null;
      const dead = inactive(judgement, config());
      if (dead !== null) return refused(dead, ask);
      return ask.mayReorder === true && actionOf(app) === "refuse" ? instead(judgement, ask) : null;
    },
  };
}

function percent({ confidence }: Finding): number {
  return Math.round(confidence * 100);
}
