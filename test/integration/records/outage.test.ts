/** Records that go away under load: nothing is lost, doubled or out of order, and nobody waits for them. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { createRecordsSink } from "../../../src/records/sink.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { describeOnBothBackends, type OpenBackend } from "../../support/records.ts";
import { storedEvent } from "../../support/stored-events.ts";

const shards = 16;
const eventsPerVerification = 5;
const timeouts = { query_timeout_ms: 500, connect_timeout_ms: 500 };

/** Events that come steadily to several outboxes, each handed on in order and again until it was taken, as the relay does. */
function steadyLoad(sink: ReturnType<typeof createRecordsSink>, perSecond: number) {
  const queues = Array.from({ length: shards }, () => [] as ReturnType<typeof storedEvent>[]);
  let made = 0;
  let stopped = false;
  let batches = 0;
  let longestMs = 0;
  const begunMs = performance.now();
  const source = setInterval(() => {
    const due = Math.floor(((performance.now() - begunMs) / 1000) * perSecond);
    for (; made < due; made++) {
      const queue = queues[made % shards] ?? [];
      for (let seq = 1; seq <= eventsPerVerification; seq++) queue.push(storedEvent(`v${made}`, seq));
    }
  }, 20);
  const lanes = queues.map(async (queue) => {
    while (!stopped || queue.length > 0) {
      const batch = queue.slice(0, 200);
      const sentMs = performance.now();
      const taken = await sink.append(batch).then(
        () => true,
        () => false,
      );
      longestMs = Math.max(longestMs, performance.now() - sentMs);
      if (taken) queue.splice(0, batch.length);
      // The last part of a batch that was taken comes again, as after a crash of the relay.
      if (taken && batch.length > 0 && ++batches % 5 === 0) await sink.append(batch.slice(-3)).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, taken ? 20 : 100));
    }
  });
  return {
    backlog: () => queues.reduce((sum, queue) => sum + queue.length, 0),
    longestMs: () => longestMs,
    /** @returns how many verifications there were */
    async drain(): Promise<number> {
      clearInterval(source);
      stopped = true;
      await Promise.all(lanes);
      return made;
    },
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function underLoad(open: OpenBackend, perSecond: number, outages: () => Promise<void>) {
  const records = await open({ config: timeouts });
  const sink = createRecordsSink({ records, parts: [], metrics: { wrote() {} }, clock: systemClock });
  const load = steadyLoad(sink, perSecond);
  await pause(1000);
  await outages();
  await expect.poll(() => records.state().up, { timeout: 15_000 }).toBe(true);
  const backlog = load.backlog();
  const made = await load.drain();
  const rows = await records.read((db) =>
    db.selectFrom("events").select(["verification", "seq"]).orderBy("verification").orderBy("seq").execute(),
  );
  // Each of each verification once.
  const seqs = new Map<string | null, (number | null)[]>();
  for (const { verification, seq } of rows) seqs.set(verification, [...(seqs.get(verification) ?? []), seq]);
  const all = [1, 2, 3, 4, 5];
  const wrong = [...seqs].filter(([, found]) => found.join() !== all.join());
  expect({ verifications: seqs.size, rows: rows.length, wrong }).toEqual({
    ...{ verifications: made, rows: made * eventsPerVerification, wrong: [] },
  });
  return { made, backlog, longestMs: load.longestMs() };
}

describeOnBothBackends("records that go away", (open) => {
  if (open.backend === "sqlite") {
    test("SQLite's process is killed under load: 0 lost, 0 doubled", async () => {
      await underLoad(open, 100, async () => {
        for (let round = 0; round < 5; round++) {
          const children = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, "utf8");
          for (const pid of children.trim().split(" ").map(Number)) {
            const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
            if (command.includes("records/sqlite/child")) process.kill(pid, "SIGKILL");
          }
          await pause(400);
        }
      });
    });
  } else {
    test("PostgreSQL stands still, and crashes and comes back, under load: 0 lost, 0 doubled", async () => {
      const server = open.postgres();
      const { made, longestMs } = await underLoad(open, 100, async () => {
        await server.freeze();
        await pause(3000);
        await server.thaw();
        await pause(1000);
        await server.kill();
        await pause(2000);
        await server.restart();
      });
      expect(made).toBeGreaterThan(500);
      // A statement's deadline and its second for the server's own answer, behind one more in the queue.
      expect(longestMs).toBeLessThan(6000);
    });

    test("while it stands still requests are refused within the deadline, later ones at once, with Retry-After", async () => {
      const records = await open({ config: timeouts });
      const server = open.postgres();
      const read = () => records.read((db) => db.selectFrom("events").select("id").execute());
      await read();
      await server.freeze();
      try {
        let begunMs = performance.now();
        await expect(read()).rejects.toMatchObject({ code: "records_unavailable", retryAfterMs: 5000 });
        expect(performance.now() - begunMs).toBeLessThan(2500);
        begunMs = performance.now();
        await expect(read()).rejects.toMatchObject({ code: "records_unavailable" });
        // Were it to wait, then for 500 ms at least.
        expect(performance.now() - begunMs).toBeLessThan(300);
        expect(records.state().up).toBe(false);
      } finally {
        await server.thaw();
      }
      await expect.poll(() => records.state().up, { timeout: 10_000 }).toBe(true);
      expect(await read()).toEqual([]);
    });

    test("PostgreSQL is away at the start: the gateway starts, and connects once it is back", async () => {
      const url = await open.newUrl();
      const server = open.postgres();
      await server.kill();
      const records = await open({ url, config: timeouts });
      expect(records.state()).toMatchObject({ up: false, why: expect.stringContaining("ECONNREFUSED") });
      await server.restart();
      await expect.poll(() => records.state().up, { timeout: 15_000 }).toBe(true);
      expect(await records.read((db) => db.selectFrom("events").select("id").execute())).toEqual([]);
    });

    test("a connection that the server ends while it is idle is replaced without a refusal that lasts", async () => {
      const records = await open();
      const read = () => records.read((db) => db.selectFrom("events").select("id").execute());
      await read();
      await open
        .postgres()
        .ask(
          records.url,
          "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and application_name = 'onering'",
        );
      await expect
        .poll(() =>
          read().then(
            () => true,
            () => false,
          ),
        )
        .toBe(true);
      expect(records.state().up).toBe(true);
    });
  }
});
