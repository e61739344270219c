import { describe, expect, it } from "vitest";
import type { RowSink } from "../../../../src/numbers/cleaning/ports.ts";
import { pump } from "../../../../src/numbers/cleaning/pump.ts";
import { deferred } from "../../../../src/shared/deferred.ts";

/** Pumps the batches 1, 2, 3 …, with a commit after each. */
function pumped(batches: number, sink: RowSink<number, number>): Promise<boolean> {
  return pump({
    source: {
      async *read() {
        for (let batch = 1; batch <= batches; batch++) yield { batch, after: batch };
      },
    },
    judge: (batch: number) => batch,
    sink,
    from: null,
    inFlight: 1,
    commitEveryMs: 0,
    nowMs: () => 0,
    signal: new AbortController().signal,
  });
}

describe("rows and commits", () => {
  it("are not in each other's way: the next rows are written while the disk works, and the next commit waits for it", async () => {
    const events: string[] = [];
    const secondWritten = deferred<void>();
    const finished = await pumped(3, {
      async write(batch) {
        events.push(`write ${batch}`);
        if (batch === 2) secondWritten.resolve();
      },
      async flush() {
        events.push("flush");
      },
      async commit(after) {
        events.push(`commit ${after}`);
        if (after === 1) await secondWritten.promise;
        events.push(`durable ${after}`);
      },
    });
    expect(finished).toBe(true);
    expect(events.indexOf("write 2")).toBeLessThan(events.indexOf("durable 1"));
    expect(events.indexOf("durable 1")).toBeLessThan(events.indexOf("commit 2"));
    expect(events.filter((event) => event !== "flush").at(-1)).toBe("durable 3");
    for (const [at, event] of events.entries()) if (event.startsWith("commit")) expect(events[at - 1]).toBe("flush");
  });

  it("end with what a commit threw, also where it was the last", async () => {
    const sink = (failing: number): RowSink<number, number> => ({
      write: async () => undefined,
      flush: async () => undefined,
      async commit(after) {
        if (after === failing) throw new Error("the disk is full");
      },
    });
    await expect(pumped(3, sink(1))).rejects.toThrow("the disk is full");
    await expect(pumped(3, sink(3))).rejects.toThrow("the disk is full");
  });

  it("a commit under way has ended when a row could not be written, so that its files can be closed", async () => {
    const events: string[] = [];
    const secondWrite = deferred<void>();
    const ended = pumped(2, {
      async write(batch) {
        if (batch === 1) return;
        secondWrite.resolve();
        throw new Error("the disk is full");
      },
      flush: async () => undefined,
      async commit() {
        await secondWrite.promise;
        events.push("durable");
      },
    });
    await expect(ended).rejects.toThrow("the disk is full");
    expect(events).toEqual(["durable"]);
  });
});
