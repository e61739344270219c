/**
 * Runs the sides of a comparison in turn, within one process and one run, so that a machine that slows down or warms
 * up meanwhile does so for all of them. Results are medians over the rounds: one disturbed round changes nothing.
 */

export interface Side {
  /** Unique; the key of its figures. */
  readonly name: string;
  /** Measures once and returns the figure (a rate, a time); may be asynchronous. */
  measure(round: number): number | Promise<number>;
}

export interface AlternateOptions {
  /** Measured rounds; odd, so that the median is that of one round. */
  readonly rounds: number;
  /** Rounds before those, thrown away: compilers and caches warm up. */
  readonly warmupRounds: number;
  /**
   * `turned` (the default): the order turns by one from round to round. `mirrored`: every second round runs backwards, so that
   * neighbours stay neighbours: what is compared with what is measured in the seconds before or after it.
   */
  readonly order?: "turned" | "mirrored";
  /** Gets each figure as it comes, warm-up rounds (counted from -warmupRounds) included. */
  readonly onMeasured?: (side: string, round: number, figure: number) => void;
}

export interface Alternated {
  /** Median over the measured rounds of each side. */
  readonly medians: Readonly<Record<string, number>>;
  /** All figures of each side, in order of rounds. */
  readonly samples: Readonly<Record<string, readonly number[]>>;
}

/**
 * Measures every side once a round. The order changes from round to round, so that no side always follows the same other one
 * (and inherits, say, its garbage).
 */
export async function alternate(sides: readonly Side[], options: AlternateOptions): Promise<Alternated> {
  const samples: Record<string, number[]> = Object.fromEntries(sides.map((side) => [side.name, []]));
  for (let round = -options.warmupRounds; round < options.rounds; round++) {
    const turn = round + options.warmupRounds;
    const mirrored = turn % 2 === 0 ? sides : sides.toReversed();
    for (const side of options.order === "mirrored" ? mirrored : turned(sides, turn)) {
      const figure = await side.measure(round);
      options.onMeasured?.(side.name, round, figure);
      if (round >= 0) samples[side.name]?.push(figure);
    }
  }
  const medians = Object.fromEntries(Object.entries(samples).map(([name, figures]) => [name, median(figures)]));
  return { medians, samples };
}

/** The middle figure; the mean of the two middle ones where there is no middle. @throws {RangeError} without figures. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError("no figures to take a median of");
  return (lower + upper) / 2;
}

/** What the comparison says: `ratio` is median ÷ median; `ratioLow` and `ratioHigh` are the extremes of single rounds. */
export interface Ratio {
  readonly ratio: number;
  readonly ratioLow: number;
  readonly ratioHigh: number;
}

/** Compares two sides: `ours` ÷ `bare`. @throws {RangeError} where one of them was not measured. */
export function ratioOf(alternated: Alternated, ours: string, bare: string): Ratio {
  const ourFigures = alternated.samples[ours] ?? [];
  const bareFigures = alternated.samples[bare] ?? [];
  const perRound = ourFigures.map((figure, round) => figure / (bareFigures[round] ?? Number.NaN));
  return {
    ratio: median(ourFigures) / median(bareFigures),
    ratioLow: Math.min(...perRound),
    ratioHigh: Math.max(...perRound),
  };
}

/** The same of each round by itself: the median of these ratios, and between which of them half of the rounds lie. */
export interface PairedRatio {
  readonly ratio: number;
  readonly low: number;
  readonly quarter: number;
  readonly threeQuarters: number;
  readonly high: number;
}

/**
 * A machine that slows down for a round slows both sides down: where rounds differ more than sides do, this is steadier than
 * the ratio of medians.
 * @param ours one figure a round @param other of the same rounds
 * @throws {RangeError} without figures
 */
export function pairedRatio(ours: readonly number[], other: readonly number[]): PairedRatio {
  const sorted = ours.map((figure, round) => figure / (other[round] ?? Number.NaN)).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return { ratio: median(sorted), low: at(0), quarter: at(0.25), threeQuarters: at(0.75), high: at(1) };
}

function turned<T>(items: readonly T[], by: number): readonly T[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
