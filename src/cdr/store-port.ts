/** The port from records of calls and messages to where they are kept (src/records/cdr). */
import type { Status } from "../verification/machine.ts";
import type { Place } from "./cursor.ts";
import type { Cdr } from "./rows.ts";
import type { Tally } from "./tally.ts";

/** What records are looked for; undefined: any. */
export interface CdrFilter {
  /** Always set for a request of an app. */
  readonly app?: string;
  /** The delivery began at this time or later, in ms. */
  readonly fromMs?: number;
  /** And before this. */
  readonly toMs?: number;
  readonly verification?: string;
  /** The delivery's recipient in its canonical form. */
  readonly to?: string;
  readonly channel?: string;
  readonly country?: string;
  readonly status?: Status;
  readonly state?: string;
  readonly reason?: string;
  readonly trunk?: string;
  readonly outcome?: string;
}

export interface Page<T> {
  readonly rows: readonly T[];
  /** Where the next page begins; null: there is none. A page may be shorter than was asked for, or empty, and not the last. */
  readonly next: Place | null;
}

/** Verifications that have ended are looked for by these. */
export interface EndedFilter {
  readonly app?: string;
  /** The verification's recipient in its canonical form. */
  readonly to?: string;
  readonly reference?: string;
  readonly status?: Status;
  /** Of the newest delivery. */
  readonly channel?: string;
  /** When it was started. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** A group's columns that statistics can be asked by. */
export const dimensions = ["app", "channel", "country", "prefix", "network", "trunk", "range"] as const;
export type Dimension = (typeof dimensions)[number];
export const periods = ["hour", "day"] as const;
export type Period = (typeof periods)[number];

export interface StatsQuery {
  /** Whole hours, UTC. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly period: Period | null;
  readonly by: readonly Dimension[];
  readonly where: Readonly<Partial<Record<Dimension, string>>>;
  /** One more than this many groups are returned at most. */
  readonly maxGroups: number;
}

export interface StatsGroup {
  /** The beginning of its hour or day; null without a period. */
  readonly atMs: number | null;
  /** The asked dimensions alone; null: none. */
  readonly values: Readonly<Partial<Record<Dimension, string | null>>>;
  readonly tally: Tally;
}

/** Every method throws `Refusal("store_unavailable")` where the records did not answer. */
export interface CdrStore {
  /**
   * Records, the newest delivery first. Looks at a bounded number of them: a filter that few match gives short pages.
   * @param after null: from the newest on
   */
  page(filter: CdrFilter, after: Place | null, limit: number): Promise<Page<Cdr>>;
  /** Groups by time and value. */
  stats(query: StatsQuery): Promise<readonly StatsGroup[]>;
  /** Verifications that have ended, the one that started last first, each as the records of its deliveries in order. */
  ended(filter: EndedFilter, after: Place | null, limit: number): Promise<Page<readonly Cdr[]>>;
}
