/** What a channel says of a delivery that is only simulated: nothing is reserved and nobody is contacted. */
import type { TestOutcome } from "../../apps/test-numbers-config.ts";
import type { Random } from "../../shared/random.ts";
import type { Simulated } from "../types.ts";

/** Outcomes of a delivery that begins. */
export type DeliveryOutcome = Exclude<TestOutcome, "capacity" | "channel_unavailable">;

/** What a channel is asked for, by an order. */
export interface AskToSimulate<Order> {
  readonly order: Order;
  readonly kind: Simulated;
  readonly outcome: DeliveryOutcome;
  /** Digits of the code that the delivery is to show; null: as many as a real one has. */
  readonly codeLength: number | null;
  readonly random: Random;
}

/** One state of the course. */
export interface SimulatedStep {
  /** After the delivery's start, in ms. */
  readonly afterMs: number;
  /** An event of the channel's `DeliveryMachine`; `next_part`: the next call of the same code begins. */
  readonly event: string;
  readonly reason?: string;
  /** The delivery's result from then on. */
  readonly result?: unknown;
  /** Its price where that is known only then. */
  readonly cost?: number | null;
}

export interface Simulation {
  /** As the channel's start script stores them. */
  readonly details: Readonly<Record<string, unknown>>;
  /** How many calls or messages carry the code. */
  readonly parts: number;
  /** Of a channel with codes of its own: digits of the code, and the odds of one guess; null: the core's code, or none. */
  readonly ownCode: { readonly length: number; readonly odds: number } | null;
  /** By which limits of the callee a real one is counted; `inbound`: the person calls. */
  readonly countsAs: "call" | "message" | "inbound";
  /** A delivery without a reported end is lost after this time, in ms; null: never. */
  readonly lostAfterMs: number | null;
  /** When it should be over: what a client that is refused until then is told. */
  readonly overAfterMs: number;
  /** Whether the end of the verification ends it, as a call is hung up. */
  readonly stopsAtEnd: boolean;
  readonly steps: readonly SimulatedStep[];
  readonly cost: number | null;
}

/** How a simulated call ends that is hung up: the update of its delivery. */
export interface SimulatedStop {
  readonly event: string;
  readonly reason: string;
  readonly result: unknown;
  readonly cost?: number | null;
}

/** A whole number of ms between two, both included. */
export function between(random: Random, fromMs: number, toMs: number): number {
  return fromMs + random.below(toMs - fromMs + 1);
}
