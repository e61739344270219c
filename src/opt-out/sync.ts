/**
 * Keeps the records and the mirror in Redis equal: what was changed goes to the records as soon as they are there, and where Redis
 * lost its data the mirror is filled from them.
 */
import type { Logger } from "pino";
import type { Clock } from "../shared/clock.ts";
import type { OptOutMirror, OptOutRecords } from "./store-port.ts";

const everyMs = 60_000;
const soonMs = 2000;
const rowsAtOnce = 500;

export interface OptOutSync {
  /** Writes what waits, and fills the mirror where it is not whole. @throws where Redis or records do not answer */
  now(): Promise<void>;
  /** Something waits: look soon. Never throws. */
  wake(): void;
  start(): void;
  stop(): void;
}

export function createOptOutSync(parts: {
  readonly mirror: OptOutMirror;
  readonly records: OptOutRecords;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info" | "warn">;
}): OptOutSync {
  const { mirror, records, clock, logger } = parts;
  let stopTimer = () => {};
  let running: Promise<void> | null = null;
  let [started, stopped, failing, again] = [false, false, false, false];

  async function write(): Promise<void> {
    for (;;) {
      const rows = await mirror.waiting();
      if (rows.length === 0) return;
      const partial = rows.filter((row) => row.partial).map(({ callee }) => callee);
      if (partial.length > 0) {
        const kept = new Map((await records.find(partial)).map((row) => [row.callee, row]));
        await mirror.fill(partial.map((callee) => ({ callee, row: kept.get(callee) ?? null })));
        continue;
      }
      await records.put(rows);
      await mirror.written(rows);
    }
  }

  async function fill(): Promise<void> {
    if ((await mirror.find([])).complete) return;
    let after: string | null = null;
    for (;;) {
      const rows = await records.page(after, rowsAtOnce);
      if (rows.length > 0) await mirror.fill(rows.map((row) => ({ callee: row.callee, row })));
      after = rows.at(-1)?.callee ?? null;
      if (after === null || rows.length < rowsAtOnce) break;
    }
    await mirror.filled();
  }

  async function now(): Promise<void> {
    await write();
    await fill();
  }

  async function look(): Promise<void> {
    stopTimer();
    again = false;
    try {
      await now();
      if (failing) logger.info("opt-outs are written to the records again");
      failing = false;
    } catch (error) {
      const why = error instanceof Error ? error.message : "unknown";
      if (!failing) logger.warn({ why }, "opt-outs cannot be written to the records; they hold, and wait in Redis");
      failing = true;
    }
  }

  function run(): void {
    if (!started || stopped) return;
    if (running !== null) {
      again = true;
      return;
    }
    running = look().finally(() => {
      running = null;
      if (stopped) return;
      stopTimer = clock.after(again ? 0 : failing ? soonMs : everyMs, run);
    });
  }

  return {
    now,
    wake: run,
    start() {
      started = true;
      run();
    },
    stop() {
      stopped = true;
      stopTimer();
    },
  };
}
