/** Tells an app that deliveries of it are refused: one event for each rule in a while, with how many there were. */
import type { Logger } from "pino";
import type { Clock } from "../shared/clock.ts";
import type { GuardAsk } from "../verification/guard-port.ts";

/** `data` of the public event `guard.decided`. */
export interface Denial {
  readonly rule: string;
  readonly channel: string;
  readonly country: string | null;
  readonly verification: string;
  /** Denials by this rule since the event before, this one included: an attack makes no flood of events. */
  readonly count: number;
}

export type PublishDenied = (denial: Denial, app: string) => Promise<void>;

const quietMs = 10_000;
/** Apps and rules that are remembered; the oldest are forgotten, which only makes an event more. */
const mostKnown = 5000;

export function createDenials(publish: PublishDenied, clock: Pick<Clock, "nowMs">, logger: Logger) {
  const known = new Map<string, { sinceMs: number; count: number }>();

  return ({ app, channel, country, verificationId }: GuardAsk, rule: string): void => {
    const key = `${app} ${rule}`;
    const nowMs = clock.nowMs();
    const before = known.get(key);
    if (before !== undefined && nowMs - before.sinceMs < quietMs && nowMs >= before.sinceMs) {
      before.count++;
      return;
    }
    const [oldest] = known.keys();
    if (before === undefined && known.size >= mostKnown && oldest !== undefined) known.delete(oldest);
    known.set(key, { sinceMs: nowMs, count: 0 });
    const denial = { rule, channel, country, verification: verificationId, count: (before?.count ?? 0) + 1 };
    publish(denial, app).catch(() => logger.warn({ app, rule }, "an event of the guard could not be stored"));
  };
}
