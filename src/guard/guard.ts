/** Judges one delivery by all rules, in their order: lists, opt-out, what is counted, the app's approval. */
import type { Logger } from "pino";
import type { Guard, GuardAsk, GuardCount, GuardDecision } from "../verification/guard-port.ts";
import type { GuardConfig } from "./config.ts";
import type { Counters, CountVerdict } from "./counters.ts";
import type { DecisionVerdict, DecisionWriter } from "./decisions.ts";
import type { GuardObserver } from "./observer-port.ts";
import type { Figure, GuardRule, Verdict } from "./rule.ts";
import type { Settlements } from "./settlements.ts";

export interface GuardParts {
  readonly config: Pick<GuardConfig, "mode" | "decisions">;
  /** Asked before anything is counted, in their order. */
  readonly before: readonly GuardRule[];
  readonly counters: Counters;
  /** Asked at last. */
  readonly after: readonly GuardRule[];
  readonly settlements: Settlements;
  readonly decisions: Pick<DecisionWriter, "note">;
  /** A delivery was refused: tells the app. */
  readonly onDenied: (ask: GuardAsk, rule: string) => void;
  readonly observer: Pick<GuardObserver, "decided">;
  readonly logger: Logger;
}

interface Recorded {
  readonly rule: string;
  readonly figures: readonly Figure[];
}

interface Asked {
  readonly rule: GuardRule;
  readonly judged: Verdict | null | Promise<Verdict | null>;
}

interface BeginWith {
  readonly rule: string;
  readonly beginWith: string;
}

interface Denied {
  readonly rule: string;
  /** The rule's name as apps see it. */
  readonly publicRule?: string;
  readonly verdict: Verdict & { readonly kind: "deny" | "shadow" };
}

export function createJudge(parts: GuardParts): Guard {
  const { config, before, counters, after, settlements, decisions, onDenied, observer, logger } = parts;

  /** All at once, so that what they read of the store goes in one write. */
  function askAll(rules: readonly GuardRule[], ask: GuardAsk): readonly Asked[] {
    return rules.map((rule) => {
      const judged = rule.judge(ask);
      // One that is not looked at, because another rule denied before it.
      if (judged instanceof Promise) judged.catch(() => undefined);
      return { rule, judged };
    });
  }

  /** The first that denies, or begins with another channel, in their order. */
  async function conclude(
    asked: readonly Asked[],
    on: {
      readonly trust?: (rule: string) => void;
      readonly narrow?: (channels: readonly string[]) => void;
      readonly record?: (recorded: Recorded) => void;
    },
  ): Promise<Denied | BeginWith | null> {
    for (const { rule, judged } of asked) {
      const verdict = judged instanceof Promise ? await judged : judged;
      if (verdict === null) continue;
      if (verdict.kind === "trust") on.trust?.(rule.name);
      else if (verdict.kind === "narrow") on.narrow?.(verdict.channels);
      else if (verdict.kind === "record") on.record?.({ rule: rule.name, figures: verdict.figures });
      else if (verdict.kind === "begin_with") return { rule: rule.name, beginWith: verdict.channel };
      else return { rule: rule.name, publicRule: rule.publicName ?? rule.name, verdict };
    }
    return null;
  }

  /**
   * Counts in the same write in which the rules before are still looked up, because nearly all of them allow: what is refused
   * by one of them after all is taken back.
   */
  function countEarly(asked: readonly Asked[], ask: GuardAsk): Promise<CountVerdict> | null {
    const known = asked.flatMap(({ judged }) => (judged === null || judged instanceof Promise ? [] : [judged.kind]));
    if (known.some((kind) => kind !== "trust" && kind !== "record")) return null;
    const counting = counters.judge(ask, known.includes("trust"));
    counting.catch(() => undefined);
    return counting;
  }

  async function takeBack(ask: GuardAsk, counting: Promise<CountVerdict> | null): Promise<void> {
    const counted = (await counting?.catch(() => null))?.counted ?? null;
    if (counted !== null) settlements.notBegun(ask, counted);
  }

  function note(
    ask: GuardAsk,
    verdict: DecisionVerdict,
    rule: string | null,
    figures: readonly Figure[] = [],
    note?: string,
  ) {
    observer.decided(rule, verdict);
    if (rule === null && config.decisions !== "all") return;
    decisions.note(ask, { verdict, rule, figures, note: note ?? null });
    if (rule === null) return;
    const level = verdict === "denied" || verdict === "shadowed" ? "info" : "debug";
    const { verificationId: id, app, channel, country, mode } = ask;
    logger[level]({ id, app, channel, country, begins: mode, rule, verdict, figures }, "guard decided");
  }

  function refuse(ask: GuardAsk, { rule, publicRule = rule, verdict }: Denied): GuardDecision {
    note(ask, verdict.kind === "shadow" ? "shadowed" : "denied", rule, verdict.figures, verdict.note);
    onDenied(ask, publicRule);
    return { kind: verdict.kind, decision: rule, refusal: verdict.refusal };
  }

  return {
    async decide(ask) {
      let trusted: string | null = null;
      const noted: Recorded[] = [];
      const asked = askAll(before, ask);
      const counting = countEarly(asked, ask);
      const first = await conclude(asked, {
        trust(rule) {
          trusted ??= rule;
        },
        record: (recorded) => void noted.push(recorded),
      }).catch(async (error: unknown) => {
        await takeBack(ask, counting);
        throw error;
      });
      // Its answer comes with theirs.
      if (first !== null) await takeBack(ask, counting);
      if (first !== null && "beginWith" in first) {
        return { kind: "begin_with", decision: first.rule, channel: first.beginWith };
      }
      if (first !== null) return refuse(ask, first);
      const { denied, warning, counted } = await (counting ?? counters.judge(ask, trusted !== null));
      const isRecorded = denied !== null && denied.binding === "mode" && config.mode !== "deny";
      if (denied !== null && !isRecorded) return refuse(ask, { rule: denied.rule, verdict: denied });
      let channels: readonly string[] | null = null;
      const last = await lastOf(ask, counted, (narrowed) => {
        channels = narrowed;
      });
      if (last !== null) return refuse(ask, last);
      const [recorded = null] = noted;
      if (denied !== null) note(ask, "recorded", denied.rule, denied.figures);
      else if (recorded !== null) note(ask, "recorded", recorded.rule, recorded.figures);
      else if (warning !== null) note(ask, "warned", warning.rule, warning.figures);
      else note(ask, trusted === null ? "allowed" : "trusted", trusted);
      const decision = denied?.rule ?? recorded?.rule ?? warning?.rule ?? trusted;
      return { kind: "allow", decision, counted, ...(channels !== null && { channels }) };
    },
    notBegun: settlements.notBegun,
    ended: settlements.ended,
  };

  async function lastOf(
    ask: GuardAsk,
    counted: GuardCount | null,
    narrow: (channels: readonly string[]) => void,
  ): Promise<Denied | null> {
    if (after.length === 0) return null;
    let last: Denied | null = null;
    try {
      const found = await conclude(askAll(after, ask), { narrow });
      last = found !== null && "verdict" in found ? found : null;
      return last;
    } catch (error) {
      if (counted !== null) settlements.notBegun(ask, counted);
      throw error;
    } finally {
      if (last !== null && counted !== null) settlements.notBegun(ask, counted);
    }
  }
}
