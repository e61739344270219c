/** Routes of far ends that no request can carry: they are left out, so that calls go on without, and operators learn of it. */
import type { Logger } from "pino";

export interface RefusedRoutes {
  /** @param where they came from: a trunk's registrar, or the responses to calls */
  add(where: { readonly header: string; readonly trunk?: string }, count: number): void;
  /** Since the start. */
  readonly count: number;
}

/** Of a far end that spoils each of a thousand calls a second. */
const logEveryMs = 60_000;

/** @param nowMs monotonic */
export function createRefusedRoutes(logger: Pick<Logger, "warn">, nowMs: () => number): RefusedRoutes {
  const loggedAtMs = new Map<string, number>();
  let total = 0;
  return {
    add({ header, trunk }, count) {
      total += count;
      const key = `${header} ${trunk ?? ""}`;
      if (nowMs() - (loggedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < logEveryMs) return;
      loggedAtMs.set(key, nowMs());
      logger.warn({ header, trunk, count, total }, "a carrier asks for routes that no request can carry: left out");
    },
    get count() {
      return total;
    },
  };
}
