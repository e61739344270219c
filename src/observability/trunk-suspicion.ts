/**
 * Finds trunks on which every call seems to go well while none can verify: the carrier reads numbers in another format
 * (every number is unallocated), or replaces or strips the caller ID (phones ring, no code is right). The circuit
 * breaker sees neither: these outcomes speak of the callee.
 */
import type { GatewayEvent } from "../events/events.ts";

export const suspicions = ["number_format", "caller_id"] as const;
export type Suspicion = (typeof suspicions)[number];

/** What each means, for the log. */
export const suspicionTexts: Readonly<Record<Suspicion, string>> = {
  number_format: "nearly every number is unallocated or incomplete on this trunk: check its number_format",
  caller_id: "phones ring but nobody verifies on this trunk: check that caller IDs arrive (onering doctor --canary)",
};

/** So many attempts, of which nearly all must speak against the numbers. */
const formatSample = 30;
const formatShare = 0.9;
/** So many verifications whose call rang, of which none was verified. */
const callerIdSample = 50;
/** Verifications that are under way; those that end at another gateway leave by this bound. */
const maxFollowed = 20_000;

export interface TrunkSuspicion {
  /** Takes note of an event. Never throws. */
  readonly report: (event: GatewayEvent) => void;
  /** The trunk of the last call that rang of a verification that is under way; null where another gateway placed it. */
  trunkOf(verificationId: string): string | null;
  /** What each trunk that has placed a call is suspected of now. */
  suspected(): Iterable<readonly [trunk: string, suspected: ReadonlySet<Suspicion>]>;
}

/** The last so many facts of one trunk. */
class Sample {
  readonly #size: number;
  readonly #facts: boolean[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  add(fact: boolean): void {
    this.#facts.push(fact);
    if (this.#facts.length > this.#size) this.#facts.shift();
  }

  /** The share of true ones; null before there are enough. */
  get share(): number | null {
    if (this.#facts.length < this.#size) return null;
    return this.#facts.filter(Boolean).length / this.#size;
  }
}

interface Trunk {
  readonly refusedNumbers: Sample;
  readonly verified: Sample;
  suspected: ReadonlySet<Suspicion>;
}

/** @param onChange called when a trunk comes under a suspicion, or is cleared of it */
export function createTrunkSuspicion(
  onChange: (trunk: string, suspicion: Suspicion, suspected: boolean) => void,
): TrunkSuspicion {
  /** By name; bounded by the configuration. */
  const trunks = new Map<string, Trunk>();
  const followed = new Map<string, string>();

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

  function follow(id: string, trunk: string): void {
    followed.delete(id);
    followed.set(id, trunk);
    if (followed.size <= maxFollowed) return;
    for (const oldest of followed.keys()) {
      followed.delete(oldest);
      return;
    }
  }

  return {
    report(event) {
      if (event.type === "call.ended") {
        const { verification, trunk: reserved, result } = event.data;
        for (const { trunk, outcome } of result.attempts) {
          stateOf(trunk).refusedNumbers.add(outcome === "unallocated" || outcome === "invalid_format");
          judge(trunk);
        }
        if (result.alerted) follow(verification, result.attempts.at(-1)?.trunk ?? reserved);
      } else if (event.type === "verification.ended") {
        const { verification, status } = event.data;
        const trunk = followed.get(verification);
        followed.delete(verification);
        // One that the app canceled says nothing of the caller ID.
        if (trunk === undefined || status === "canceled") return;
        stateOf(trunk).verified.add(status === "verified");
        judge(trunk);
      }
    },
    trunkOf: (id) => followed.get(id) ?? null,
    suspected: () => [...trunks].map(([name, { suspected }]) => [name, suspected] as const),
  };
}
