/**
 * Joins what is known of a number: the facts, what to tell the user, what may have been meant, and the parts that are there.
 */
import { Refusal } from "../../shared/refusal.ts";
import { numberingMetadata } from "../library.ts";
import type { Numbers } from "../ports.ts";
import type { NumberType } from "../types.ts";
import { messageOf } from "./message.ts";
import type { HealthPart, KnownAsk, LivePart, Lookup, LookupAsk, NetworkPart } from "./ports.ts";
import { suggestionsFor } from "./suggestions.ts";
import type { LiveView, LookupResult } from "./types.ts";

/** How long a lookup waits for a live source of networks. */
const networkBudgetMs = 800;

/** Types that belong to a mobile network: libphonenumber's rule for its carrier names. */
const mobileTypes: ReadonlySet<NumberType> = new Set(["mobile", "fixed_line_or_mobile", "pager"]);

export interface LookupParts {
  readonly numbers: Numbers;
  readonly networks?: NetworkPart;
  readonly health?: HealthPart;
  readonly liveCheck?: LivePart;
}

const unavailable: LiveView = {
  ...{ state: "unknown", reason: "unavailable", evidence: null },
  ...{ checkedAtMs: null, ageMs: null, retryAfterMs: null },
};

/** Parts answer, and never throw; with a fault in one of them the others' answers still hold. */
async function answerOf<T>(ask: () => Promise<T | null> | undefined, otherwise: T | null): Promise<T | null> {
  try {
    return (await ask()) ?? null;
  } catch {
    return otherwise;
  }
}

export function createLookup(parts: LookupParts): Lookup {
  const { numbers, networks, health, liveCheck } = parts;
  const isAlone = networks === undefined && health === undefined;

  function known(ask: KnownAsk): LookupResult {
    const facts = numbers.examine(ask.input, ask.country, ask.bounds);
    return {
      facts,
      message: messageOf(facts, ask.languages, numbers),
      suggestions: suggestionsFor(ask, facts, numbers),
      ...{ network: null, health: null, live: null },
      // Read at use: a reload may bring other numbering plans.
      metadata: { version: numberingMetadata().version },
    };
  }

  return {
    known,

    async look(ask: LookupAsk): Promise<LookupResult> {
      if (ask.live && liveCheck === undefined) {
        throw new Refusal("not_supported", "`live`: live checks are not enabled on this gateway.");
      }
      const result = known(ask);
      const { e164, valid, country, callable, type } = result.facts;
      if (e164 === null || !valid || (isAlone && !ask.live)) return result;
      const { gone = new AbortController().signal } = ask;
      const [network, found, checked] = await Promise.all([
        mobileTypes.has(type) ? answerOf(() => networks?.find(e164, networkBudgetMs), null) : null,
        answerOf(() => health?.of(e164, ask.app), null),
        ask.live
          ? answerOf(() => liveCheck?.check({ e164, country, app: ask.app, callable, gone }), unavailable)
          : null,
      ]);
      return { ...result, network, health: found, live: checked };
    },

    suggest: (ask, facts) => suggestionsFor(ask, facts, numbers),
  };
}
