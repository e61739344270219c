/** Targets that did not take a request are tried last for a while (RFC 3263 section 4.3). */
import { LatestMap } from "../../shared/latest-map.ts";
import type { Endpoint } from "./resolve.ts";

/** Half a minute is Timer B: by then a request that waited for this target has come back. */
const firstMs = 30_000;
const longestMs = 300_000;
/** After this time without another failure the next one counts as the first again. */
const forgetMs = 600_000;
const maxTargets = 1024;

interface Penalty {
  readonly failures: number;
  readonly untilMs: number;
  /** As the target itself asked; until then no success ends it (RFC 3261 section 21.5.4). */
  readonly askedUntilMs: number;
}

export class Penalties {
  readonly #nowMs: () => number;
  readonly #byTarget = new LatestMap<string, Penalty>(maxTargets);

  /** @param nowMs monotonic */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** How many targets failed lately. */
  get size(): number {
    return this.#byTarget.size;
  }

  /** @param forMs as the target itself asked (Retry-After), up to five minutes */
  failed(target: Endpoint, forMs?: number): void {
    const name = nameOf(target);
    const nowMs = this.#nowMs();
    const known = this.#byTarget.get(name);
    const askedUntilMs = Math.max(known?.askedUntilMs ?? 0, nowMs + Math.min(longestMs, forMs ?? 0));
    // Requests that were under way together fail together: that is one failure.
    if (known !== undefined && nowMs < known.untilMs) {
      this.#byTarget.set(name, { ...known, untilMs: Math.max(known.untilMs, askedUntilMs), askedUntilMs });
      return;
    }
    const failures = known !== undefined && nowMs - known.untilMs < forgetMs ? known.failures + 1 : 1;
    const ownMs = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 10));
    this.#byTarget.set(name, { failures, untilMs: Math.max(nowMs + ownMs, askedUntilMs), askedUntilMs });
  }

  worked(target: Endpoint): void {
    if (this.#byTarget.size === 0) return;
    const name = nameOf(target);
    if (this.#nowMs() >= (this.#byTarget.get(name)?.askedUntilMs ?? 0)) this.#byTarget.delete(name);
  }

  /** The same targets; those that failed lately last, the one first whose time is over first. */
  sort<T extends Endpoint>(targets: readonly T[]): readonly T[] {
    if (this.#byTarget.size === 0 || targets.length < 2) return targets;
    const nowMs = this.#nowMs();
    const good: T[] = [];
    const bad: { readonly target: T; readonly untilMs: number }[] = [];
    for (const target of targets) {
      const name = nameOf(target);
      const penalty = this.#byTarget.get(name);
      if (penalty === undefined || nowMs >= penalty.untilMs) good.push(target);
      else bad.push({ target, untilMs: penalty.untilMs });
      if (penalty !== undefined && nowMs - penalty.untilMs >= forgetMs) this.#byTarget.delete(name);
    }
    if (bad.length === 0) return targets;
    return [...good, ...bad.sort((a, b) => a.untilMs - b.untilMs).map(({ target }) => target)];
  }
}

const nameOf = ({ protocol, address, port }: Endpoint) => `${protocol} ${address} ${port}`;
