/** Judges a delivery by everything that is counted (caps, limits, learned thresholds) in one step of the store. */
import type { AppCapsConfig } from "../apps/caps-config.ts";
import type { Clock } from "../shared/clock.ts";
import { Refusal } from "../shared/refusal.ts";
import type { GuardAsk, GuardCount } from "../verification/guard-port.ts";
import { deliveryDenied } from "../verification/refusals.ts";
import { capName, capsOf, microsOf } from "./caps.ts";
import type { GuardConfig } from "./config.ts";
import type { CountedRule } from "./counted-rule.ts";
import type { CapBucket, GuardCounters, Reached, ReachedKind, ScopeBucket, ScopeCounts } from "./counter-port.ts";
import { createLocalLimit } from "./local-limit.ts";
import type { Binding, Figure, Verdict } from "./rule.ts";

export interface CountVerdict {
  /** Null: nothing against it. */
  readonly denied:
    | (Verdict & { readonly kind: "deny" | "shadow"; readonly rule: string; readonly binding: Binding })
    | null;
  /** A rule that only warns; null: none. */
  readonly warning: { readonly rule: string; readonly figures: readonly Figure[] } | null;
  /** Null: nothing was counted. */
  readonly counted: GuardCount | null;
}

export interface Counters {
  /** @param isTrusted limits and learned thresholds are not asked */
  judge(ask: GuardAsk, isTrusted: boolean): Promise<CountVerdict>;
}

const nothing: CountVerdict = { denied: null, warning: null, counted: null };
const hourSeconds = 3600;
const daySeconds = 86_400;

export function createCounters(parts: {
  readonly config: GuardConfig;
  /** Of an app; null: it has none. */
  readonly appCaps: (app: string) => AppCapsConfig | null;
  readonly rules: readonly CountedRule[];
  readonly store: Pick<GuardCounters, "count">;
  /** The counters could not be read. */
  readonly onUnavailable: () => void;
  readonly clock: Clock;
}): Counters {
  const { config, appCaps, rules, store, onUnavailable, clock } = parts;
  const { mode, learned } = config;
  const learning = {
    percent: learned.percent,
    inFlight: learned.in_flight,
    usual: Math.round((1000 * learned.usual_percent) / (100 - learned.usual_percent)),
  };
  const local = createLocalLimit(config.fallback_per_minute, clock);

  /** Fail closed, but for a few: whoever can stop the counters must not have an open gateway for it. */
  function judgeAlone(ask: GuardAsk, caps: readonly CapBucket[]): CountVerdict {
    onUnavailable();
    if (mode !== "deny" && caps.length === 0) return nothing;
    const waitMs = local.take(ask.app);
    if (waitMs === null) return nothing;
    const refusal = new Refusal("rate_limited", "The guard's counters cannot be read at the moment.", waitMs);
    const figures = [
      { name: "deliveries", limit: config.fallback_per_minute, count: config.fallback_per_minute, windowSeconds: 60 },
    ];
    return { ...nothing, denied: { kind: "deny", rule: "fallback", binding: "always", refusal, figures } };
  }

  return {
    async judge(ask, isTrusted) {
      const { app, country, mode: begins, appCode, test } = ask;
      if (test) return nothing;
      const caps = capsOf(config.caps, app, appCaps(app), country);
      const counted = mode === "off" || isTrusted ? [] : rules.map((rule) => ({ rule, scope: rule.scope(ask) }));
      const applied = counted.filter((one): one is Applied => one.scope !== null);
      if (caps.length + applied.length === 0) return nothing;
      const costMicros = microsOf(ask.cost ?? 0);
      const request = {
        ...{ app, country, costMicros, learning, caps, scopes: applied.map(({ scope }) => scope) },
        ...{ starts: begins === "new" && !appCode, goesOn: mode === "record" },
      };
      const answer = await store.count(request).catch(() => null);
      if (answer === null) return judgeAlone(ask, caps);
      const { reached, countries } = answer;
      if (reached === null)
        return { denied: null, warning: warningOf(countries), counted: { costMicros, scopes: true } };
      const isCap = reached.index < caps.length;
      const denied = isCap
        ? capReached(caps[reached.index] as CapBucket, reached)
        : scopeReached(applied, reached.index - caps.length, reached);
      // Of a limit that is only recorded the delivery goes on, and uses up the caps.
      return { denied, warning: null, counted: isCap || mode === "deny" ? null : { costMicros, scopes: false } };
    },
  };

  function warningOf(countries: number): CountVerdict["warning"] {
    const { warn_countries: limit } = learned;
    if (countries <= limit) return null;
    return {
      rule: "ip_countries",
      figures: [{ name: "countries", limit, count: countries, windowSeconds: daySeconds }],
    };
  }

  function capReached(cap: CapBucket, { index, kind, retryAfterMs, caps }: Reached): CountVerdict["denied"] {
    const counts = caps[index] ?? { deliveries: 0, micros: 0 };
    const figure =
      kind === "cost"
        ? { name: "cost", limit: (cap.maxMicros ?? 0) / 1e6, count: counts.micros / 1e6 }
        : { name: "deliveries", limit: cap.maxDeliveries, count: counts.deliveries };
    const whose = cap.app === null ? "this gateway" : "this app";
    const where = cap.country === null ? "" : ` to ${cap.country}`;
    const refusal = new Refusal(
      "rate_limited",
      `The daily ${kind === "cost" ? "spend cap" : "quota"} of ${whose}${where} is used up.`,
      retryAfterMs,
    );
    return {
      kind: "deny",
      rule: capName(cap),
      binding: "always",
      refusal,
      figures: [{ ...figure, windowSeconds: daySeconds }],
    };
  }

  function scopeReached(applied: readonly Applied[], at: number, reached: Reached): CountVerdict["denied"] {
    const { rule, scope } = applied[at] as Applied;
    const isLearned = reached.kind.startsWith("learned");
    const counts = reached.scopes[at] as ScopeCounts;
    const kind = isLearned ? config.answers.learned : config.answers.limits;
    return {
      ...{ kind, rule: `${rule.name}_${isLearned ? "learned" : "limit"}`, binding: "mode" },
      refusal: isLearned && kind === "shadow" ? deliveryDenied() : tooMany(reached.retryAfterMs),
      figures: [
        figureOf(reached.kind, scope, counts),
        ...applied.flatMap((one, i) => (i === at ? [] : otherFigures(one, reached.scopes[i]))),
      ],
    };
  }
}

interface Applied {
  readonly rule: CountedRule;
  readonly scope: ScopeBucket;
}

/** Neutral: how near an attacker came to which limit is not revealed. */
function tooMany(retryAfterMs: number): Refusal {
  return new Refusal("rate_limited", "Too many deliveries of this kind; try again later.", retryAfterMs);
}

function figureOf(kind: ReachedKind, scope: ScopeBucket, counts: ScopeCounts): Figure {
  switch (kind) {
    case "learned_hour":
      return {
        name: "unverified",
        limit: counts.hourThreshold,
        count: counts.excessHour ?? 0,
        windowSeconds: hourSeconds,
      };
    case "learned_day":
      return {
        name: "unverified",
        limit: counts.dayThreshold,
        count: counts.excessDay ?? 0,
        windowSeconds: daySeconds,
      };
    case "hour":
      return { name: "deliveries", limit: scope.perHour, count: counts.hour, windowSeconds: hourSeconds };
    default:
      return { name: "deliveries", limit: scope.perDay, count: counts.day, windowSeconds: daySeconds };
  }
}

/** What the other rules measured: named by their rule. */
function otherFigures({ rule, scope }: Applied, counts: ScopeCounts | undefined): readonly Figure[] {
  if (counts === undefined) return [];
  return [
    { name: `${rule.name}_deliveries`, limit: scope.perDay || null, count: counts.day, windowSeconds: daySeconds },
    ...(counts.excessDay === null
      ? []
      : [
          {
            name: `${rule.name}_unverified`,
            limit: counts.dayThreshold,
            count: counts.excessDay,
            windowSeconds: daySeconds,
          },
        ]),
  ];
}
