/**
 * All gateways on one Redis record to the same place: events wait there once, and any gateway may take them. Each gateway holds a
 * lease on that place while it runs. A SQLite file belongs to one process, so its lease is that process' own; gateways on one
 * PostgreSQL share theirs, and so do those that record nothing.
 */
import type { Leases } from "../operations/leases-port.ts";
import type { Clock } from "../shared/clock.ts";
import { Refusal } from "../shared/refusal.ts";
import { RecordsAway, RecordsUnfit } from "./failure.ts";

const leaseName = "records";
/** After a crash the next start waits at most this long. */
export const homeLeaseMs = 5000;
/** Two renewals may be lost. */
const renewEveryMs = 1500;
const lookEveryMs = 250;

export interface Home {
  /**
   * Takes the lease; waits for one that ends because its holder crashed.
   * @throws {RecordsUnfit} where its holder is alive
   * @throws {RecordsAway} where Redis does not answer
   */
  take(): Promise<void>;
  /** Whether the lease held at its last renewal; false before `take`. */
  readonly held: boolean;
  release(): Promise<void>;
}

/**
 * @param holder says what and where, for the operator who meets it at another gateway
 * @param onLost another gateway took it, which can only be after Redis lost it
 */
export function createHome(options: {
  readonly leases: Leases;
  readonly holder: string;
  readonly clock: Clock;
  readonly onLost: (why: string) => void;
}): Home {
  const { leases, holder, clock, onLost } = options;
  let held = false;
  let stopped = false;
  let cancel = () => {};
  const pause = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));

  async function renew(): Promise<void> {
    try {
      const answer = await leases.take(leaseName, holder, homeLeaseMs);
      if (!answer.held && held) onLost(taken(answer.holder));
      held = answer.held;
    } catch {
      // Redis is away: nothing comes from its outbox either.
    }
    schedule();
  }

  function schedule(): void {
    cancel();
    if (!stopped) cancel = clock.after(renewEveryMs, () => void renew());
  }

  async function release(): Promise<void> {
    stopped = true;
    cancel();
    if (!held) return;
    held = false;
    await leases.release(leaseName, holder).catch(() => undefined);
  }

  return {
    get held() {
      return held;
    },
    async take() {
      try {
        let before = Number.POSITIVE_INFINITY;
        for (;;) {
          // Closed while it waited: a lease taken now would look like a gateway that lives.
          if (stopped) throw new RecordsAway("this gateway ends");
          const answer = await leases.take(leaseName, holder, homeLeaseMs);
          if (answer.held) break;
          // Renewed since the last look: its holder lives.
          if (answer.remainingMs > before) throw new RecordsUnfit(taken(answer.holder));
          before = answer.remainingMs;
          await pause(lookEveryMs);
        }
      } catch (error) {
        if (error instanceof Refusal) throw new RecordsAway("Redis, which knows who records, does not answer");
        throw error;
      }
      held = true;
      if (stopped) return await release();
      schedule();
    },
    release,
  };
}

function taken(holder: string): string {
  return `another gateway on this Redis records to ${holder}; stop it first, or give all gateways the same PostgreSQL in records.url`;
}
