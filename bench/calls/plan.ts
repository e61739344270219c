/** Of which sides a run of `bench -- calls` is, how long and how fast it goes. */

/** Those of a whole run; a run may be of some of them alone. */
export const chosenSides = ["ours", "ours_sip", "ours_sip_two", "bare_http", "bare_websocket", "bare_sip"] as const;
export type ChosenSide = (typeof chosenSides)[number];

export interface Plan {
  /** Compilers and connections warm up on calls that do not count: V8 compiles most of what a call runs through late. */
  readonly warmup: { readonly ratePerSecond: number; readonly durationMs: number };
  /** Before each rung, at a rate that the side has held: calls that do not count either. */
  readonly leadInMs: number;
  readonly stepMs: number;
  readonly rounds: number;
  /** Where CPU, memory and times are compared: rates that all sides hold, of a machine at leisure and of a busy one. */
  readonly referencesPerSecond: readonly number[];
  /** Of the sides that call through Asterisk. */
  readonly ladderPerSecond: readonly number[];
  /** Of those that call the carrier themselves. */
  readonly sipLadderPerSecond: readonly number[];
}

/** Rising, of all sides. */
export function ratesOf(plan: Plan): readonly number[] {
  const all = new Set([...plan.referencesPerSecond, ...plan.ladderPerSecond, ...plan.sipLadderPerSecond]);
  return [...all].sort((a, b) => a - b);
}

const whole: Plan = {
  warmup: { ratePerSecond: 500, durationMs: 30_000 },
  leadInMs: 2000,
  stepMs: 4000,
  rounds: 3,
  referencesPerSecond: [200, 500],
  ladderPerSecond: [600, 650, 700, 750, 800, 850, 900, 950, 1000, 1050, 1100, 1200, 1300, 1400, 1500, 1600],
  sipLadderPerSecond: [
    ...[1000, 1500, 1800, 2000, 2200, 2300, 2400, 2500, 2600, 2700, 2800, 2900, 3000, 3200, 3400, 3700, 4000],
  ],
};

/** Shows that all of it runs; its figures are those of cold sides and of a ladder with few rungs. */
const quick: Plan = {
  warmup: { ratePerSecond: 200, durationMs: 5000 },
  leadInMs: 500,
  stepMs: 2000,
  rounds: 1,
  referencesPerSecond: [200],
  ladderPerSecond: [400, 600, 800],
  sipLadderPerSecond: [600, 1000],
};

export function planOf(options: {
  readonly quick: boolean;
  readonly rounds: number | null;
  readonly references: boolean;
  readonly rates: readonly number[] | null;
}): Plan {
  const plan = options.quick ? quick : whole;
  const { warmup, referencesPerSecond } = plan;
  const rates = options.rates ?? referencesPerSecond;
  return {
    ...plan,
    referencesPerSecond: rates,
    // What none of the sides can carry does not warm them up, but fails.
    warmup: { ...warmup, ratePerSecond: Math.min(warmup.ratePerSecond, Math.max(...rates)) },
    rounds: options.rounds ?? plan.rounds,
    ...(options.references && { ladderPerSecond: [], sipLadderPerSecond: [] }),
  };
}
