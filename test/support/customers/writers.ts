/** Clients that write to `users` beside a run, keep what they wrote, and measure how long each write waited. */
import { createHoldTimes, type HoldTimes } from "../../../src/numbers/cleaning/database/hold-times.ts";
import type { Client, CustomerServer } from "./database.ts";

export interface Writers {
  /** How long each statement took, ms. */
  readonly waits: HoldTimes;
  /** Writes that changed a row, by id. */
  readonly writes: ReadonlyMap<number, number>;
  /** The phone that was written last, by id. */
  readonly phones: ReadonlyMap<number, string>;
  /** Writes to rows that were not there. */
  readonly missed: number;
  stop(): Promise<void>;
}

export interface WriterOptions {
  readonly url: string;
  readonly rows: number;
  readonly clients: number;
  /** Between two writes of a client, ms. */
  readonly pauseMs: number;
  /** Near which id the run is; half of the writes go there. */
  front(): number;
  /** Whole numbers from 0 to below this. */
  below(limit: number): number;
}

/** Some writers keep their lock for a while, as an application's transaction does. */
const keepLockMs = 5;
const nearRows = 400;

export async function startWriters(server: CustomerServer, options: WriterOptions): Promise<Writers> {
  const { url, rows, clients, pauseMs, front, below } = options;
  const waits = createHoldTimes();
  const writes = new Map<number, number>();
  const phones = new Map<number, string>();
  let missed = 0;
  let isOver = false;
  const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  async function write(client: Client, index: number): Promise<void> {
    const near = (front() + below(nearRows)) % rows;
    const some = below(2) === 0 ? near : below(rows);
    // Each client has rows of its own: which of two values came last is known.
    const id = 1 + Math.min(rows - clients, some - (some % clients)) + index;
    const phone = `+4474002${String(below(100_000)).padStart(5, "0")}`;
    const writesPhone = below(3) === 0;
    const keeps = below(10) === 0;
    if (keeps) await client.run("begin");
    const startedMs = performance.now();
    const { changed } = await client.run(
      `update users set writes = writes + 1${writesPhone ? `, phone = '${phone}'` : ""} where id = ${id}`,
    );
    waits.add(performance.now() - startedMs);
    if (keeps) {
      await sleep(keepLockMs);
      await client.run("commit");
    }
    if (changed === 0) {
      missed++;
      return;
    }
    writes.set(id, (writes.get(id) ?? 0) + 1);
    if (writesPhone) phones.set(id, phone);
  }

  const running = await Promise.all(
    Array.from({ length: clients }, async (_, index) => {
      const client = await server.connect(url);
      return async () => {
        while (!isOver) {
          await write(client, index);
          await sleep(pauseMs);
        }
        await client.end();
      };
    }),
  );
  const ended = Promise.all(running.map((run) => run()));
  ended.catch(() => undefined);
  return {
    waits,
    writes,
    phones,
    get missed() {
      return missed;
    },
    async stop() {
      isOver = true;
      await ended;
    },
  };
}
