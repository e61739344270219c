/** However clients come and go, and however slowly Redis answers, each event of their app reaches them once, in order. */

import { setTimeout as pause } from "node:timers/promises";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createLiveStreams } from "../../../src/live/index.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { MemoryStreams } from "../../support/memory-streams.ts";
import { anEvent } from "../../support/public-events.ts";
import { TestOutput } from "../../support/stream-outputs.ts";
import { within } from "../../support/within.ts";

/** Answers after a while, as Redis does under load: what happened meanwhile is not in the answer. */
class SlowStreams extends MemoryStreams {
  delaysMs: readonly number[] = [0];
  #asked = 0;

  override async read(...args: Parameters<MemoryStreams["read"]>) {
    const answer = await super.read(...args);
    await this.#delay();
    return answer;
  }

  override async ends(...args: Parameters<MemoryStreams["ends"]>) {
    const answer = await super.ends(...args);
    await this.#delay();
    return answer;
  }

  async #delay() {
    await pause(this.delaysMs[this.#asked++ % this.delaysMs.length] ?? 0);
  }
}

const quiet = createLogger({ level: "silent" });

function gatewayOn(streams: MemoryStreams) {
  return createLiveStreams({
    ...{ streams, history: streams.history, random: cryptoRandom, logger: quiet },
    // Gathers for a moment only.
    clock: { ...systemClock, after: (ms, callback) => systemClock.after(ms / 10, callback) },
    verifications: { get: () => Promise.reject(new Error("not asked")) },
    limits: { max_streams: 100, max_streams_per_app: 100 },
  });
}

const step = fc.oneof(
  fc.record({ kind: fc.constant("append" as const), count: fc.integer({ min: 1, max: 90 }) }),
  fc.record({ kind: fc.constant("reconnect" as const), gateway: fc.integer({ min: 0, max: 1 }) }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 6 }) }),
);

it("in every order of events, reconnections and slow answers", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 7 }),
      async (steps, delaysMs) => {
        const streams = new SlowStreams();
        const gateways = [gatewayOn(streams), gatewayOn(streams)] as const;
        // Keeps the first gateway's feed: clients join one that runs as well as a new one.
        (await gateways[0].openEvents("shop", null, null)).begin(new TestOutput(), () => undefined);
        streams.delaysMs = delaysMs;
        const seen: number[] = [];
        let appended = 0;
        let lastEventId = "0-0";
        let output: TestOutput | null = null;
        const leave = () => {
          output?.close();
          seen.push(...(output?.events ?? []).map(({ data }) => data.seq));
          lastEventId = output?.lastEventId ?? lastEventId;
        };
        for (const one of [...steps, { kind: "reconnect", gateway: 0 } as const]) {
          if (one.kind === "append") {
            for (let n = 0; n < one.count; n++) streams.append(anEvent("shop", "v1", ++appended));
          } else if (one.kind === "wait") await pause(one.ms);
          else {
            leave();
            output = new TestOutput();
            (await gateways[one.gateway]?.openEvents("shop", lastEventId, null))?.begin(output, () => undefined);
          }
        }
        await within(
          5000,
          expect.poll(() => seen.length + (output?.events.length ?? 0), { interval: 5 }).toBe(appended),
        );
        leave();
        expect(seen).toEqual(Array.from({ length: appended }, (_, i) => i + 1));
        await Promise.all(gateways.map((gateway) => gateway.close()));
      },
    ),
    { numRuns: Number(process.env.RUNS ?? 25) },
  );
}, 120_000);
