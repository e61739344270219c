/**
 * Finds trunks whose calls seem to succeed while none can verify: the carrier reads numbers in another format
 * (every number is unallocated), or replaces or strips the caller ID (phones ring, no code is right). Circuit
 * breakers detect neither: these outcomes are about the callee.
 */
import type { GatewayEvent } from "../events/events.ts";
import { LatestMap } from "../shared/latest-map.ts";

export const suspicions = ["number_format", "caller_id"] as const;
export type Suspicion = (typeof suspicions)[number];

/** The log message of each suspicion. */
export const suspicionTexts: Readonly<Record<Suspicion, string>> = {
  number_format: "nearly every number is unallocated or incomplete on this trunk: check its number_format",
  caller_id: "phones ring but no call verifies on this trunk: check that caller IDs arrive (onering doctor --canary)",
};

/** Sample size in attempts, nearly all of which must report an unassigned or incomplete number. */
const formatSample = 30;
const formatShare = 0.9;
/** Sample size in verifications whose call rang, none of which was verified. */
const callerIdSample = 50;
/** Of the open verifications; those that end at another gateway are forgotten for newer ones. */
const mostFollowed = 10_000;

export interface TrunkSuspicion {
  /** Processes an event. Never throws. */
  readonly report: (event: GatewayEvent) => void;
  /** The trunk of the last call that rang for an open verification; null where another gateway placed it. */
  trunkOf(verificationId: string): string | null;
  /** The current suspicions of each trunk that has placed a call. */
  suspected(): Iterable<readonly [trunk: string, suspected: ReadonlySet<Suspicion>]>;
}

/** The latest results of one trunk. */
class Sample {
  readonly #size: number;
  readonly #facts: boolean[] = [];
  #trueOnes = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(fact: boolean): void {
    this.#facts.push(fact);
    if (fact) this.#trueOnes += 1;
    if (this.#facts.length > this.#size && this.#facts.shift()) this.#trueOnes -= 1;
  }

  /** The share of true ones; null before there are enough. */
  get share(): number | null {
    if (this.#facts.length < this.#size) return null;
    return this.#trueOnes / this.#size;
  }
}

interface Trunk {
  readonly refusedNumbers: Sample;
  readonly verified: Sample;
  suspected: ReadonlySet<Suspicion>;
}

/** @param onChange called when a suspicion of a trunk begins or ends */
export function createTrunkSuspicion(
  onChange: (trunk: string, suspicion: Suspicion, suspected: boolean) => void,
): TrunkSuspicion {
  /** By name; bounded by the configuration. */
  const trunks = new Map<string, Trunk>();
  const followed = new LatestMap<string, string>(mostFollowed);

  function stateOf(name: string): Trunk {
    let trunk = trunks.get(name);
    if (trunk === undefined) {
      trunk = {
        refusedNumbers: new Sample(formatSample),
        verified: new Sample(callerIdSample),
        suspected: new Set(),
      };
      trunks.set(name, trunk);
    }
    return trunk;
  }

  function judge(name: string): void {
    const trunk = stateOf(name);
    const now = new Set<Suspicion>();
    if ((trunk.refusedNumbers.share ?? 0) >= formatShare) now.add("number_format");
    if (trunk.verified.share === 0) now.add("caller_id");
    const before = trunk.suspected;
    trunk.suspected = now;
    for (const one of suspicions) if (before.has(one) !== now.has(one)) onChange(name, one, now.has(one));
  }

  return {
    report(event) {
      if (event.type === "call.ended") {
        const { verification, trunk: reserved, result, kept } = event.data;
        for (const { trunk, outcome } of result.attempts) {
          stateOf(trunk).refusedNumbers.add(outcome === "unallocated" || outcome === "invalid_format");
          judge(trunk);
        }
        // A call that is answered verifies by what it says.
        if (result.alerted && kept !== true) followed.set(verification, result.attempts.at(-1)?.trunk ?? reserved);
      } else if (event.type === "verification.ended") {
        const { verification, status } = event.data;
        const trunk = followed.get(verification);
        followed.delete(verification);
        // One that the app canceled is no evidence about the caller ID.
        if (trunk === undefined || status === "canceled") return;
        stateOf(trunk).verified.add(status === "verified");
        judge(trunk);
      }
    },
    trunkOf: (id) => followed.get(id) ?? null,
    suspected: () => [...trunks].map(([name, { suspected }]) => [name, suspected] as const),
  };
}
