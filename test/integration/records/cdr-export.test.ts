/**
 * An export of many records over HTTP: flat memory, bounded time for each piece. `CDR_ROWS=100000` before the command makes it as
 * many, and prints what was measured.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { createCdrStore } from "../../../src/records/cdr/store.ts";
import { createCdrWriter } from "../../../src/records/cdr/write.ts";
import type { Verification } from "../../../src/verification/types.ts";
import { cdrsOf, delivery, idOf, noon, rang, verification } from "../../support/cdrs.ts";
import { describeOnBothBackends } from "../../support/records.ts";
import { key, testServer } from "../../unit/http/support.ts";

const rows = Number(process.env.CDR_ROWS ?? 12_000);
const batch = 2000;
const finder = { recipient: (to: string) => to, find: async () => ({ rows: [], next: null }) };

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Over 30 days, three trunks and a thousand callee prefixes. */
function one(number: number): Verification {
  const to = `+4479${String((number * 7919) % 100_000_000).padStart(8, "0")}`;
  const startedAtMs = noon - number * Math.floor((30 * 86_400_000) / rows);
  const result = rang({ trunk: `carrier-${number % 3}`, postDialDelayMs: 500 + (number % 5000) });
  return verification({
    ...{ id: idOf(number), to, reference: `order-${number}`, app: number % 10 === 0 ? "bank" : "shop" },
    deliveries: [delivery({ to, startedAtMs, endedAtMs: startedAtMs + 7000, result })],
  });
}

describeOnBothBackends("an export of many records", (open) => {
  test("is whole, in order, with flat memory, and no piece takes long", async () => {
    const records = await open();
    const writer = createCdrWriter(cdrsOf, open.backend);
    const beganMs = performance.now();
    for (let from = 0; from < rows; from += batch) {
      const ended = Array.from({ length: Math.min(batch, rows - from) }, (_, index) => one(from + index));
      await records.write((transaction) => writer.write(transaction, ended));
    }
    const wroteMs = performance.now() - beganMs;
    const { server } = await testServer({ cdr: { store: createCdrStore(records), finder } });
    await server.listen({ host: "127.0.0.1", port: 0 });
    const { port } = server.server.address() as { port: number };

    const answer = await fetch(`http://127.0.0.1:${port}/v1/cdrs?format=ndjson`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const heaps: number[] = [];
    let pieces = 0;
    let longestMs = 0;
    let rest = "";
    let found = 0;
    let before = "";
    const sentMs = performance.now();
    let lastMs = sentMs;
    for await (const piece of answer.body as unknown as AsyncIterable<Uint8Array>) {
      longestMs = Math.max(longestMs, performance.now() - lastMs);
      const lines = (rest + Buffer.from(piece).toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        found++;
        const startedAt = /"started_at":"([^"]+)"/.exec(line)?.[1] ?? "";
        expect(before === "" || startedAt <= before).toBe(true);
        before = startedAt;
      }
      if (++pieces % 50 === 0) {
        gc();
        heaps.push(process.memoryUsage().heapUsed);
      }
      lastMs = performance.now();
    }
    const exportMs = performance.now() - sentMs;
    expect(rest).toBe("");
    expect(found).toBe(Math.floor((rows * 9) / 10));
    const growth = Math.max(...heaps) - Math.min(...heaps);
    expect(growth).toBeLessThan(12e6);
    expect(longestMs).toBeLessThan(5000);

    const askedMs = performance.now();
    const stats = await fetch(`http://127.0.0.1:${port}/v1/stats?from=2026-10-03&to=2026-11-03&by=day,trunk`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const { total } = (await stats.json()) as { total: { started: number } };
    expect(total.started).toBe(found);
    const statsMs = performance.now() - askedMs;
    if (process.env.CDR_ROWS === undefined) return;
    const figures = { rows, rowsPerSecond: Math.round(rows / (wroteMs / 1000)), exportMs, longestMs, growth, statsMs };
    process.stdout.write(
      `${open.backend} ${JSON.stringify(figures, (_, value) => (typeof value === "number" ? Math.round(value) : value))}\n`,
    );
  }, 300_000);
});
