/** How any driver's connection is kept. With a real Asterisk: test/integration/telephony/conformance. */

import fc from "fast-check";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { deferred } from "../../../../src/shared/deferred.ts";
import type { Random } from "../../../../src/shared/random.ts";
import type { AsteriskInfo } from "../../../../src/telephony/asterisk/asterisk-info.ts";
import { KeptConnection } from "../../../../src/telephony/asterisk/kept-connection.ts";
import type { Link } from "../../../../src/telephony/asterisk/link.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { settled } from "../telephony-config.ts";

/** Pauses are the shortest of those possible: 125 ms, 250 ms, … 5000 ms. */
const shortest: Random = { below: () => 0, bytes: (length) => Buffer.alloc(length) };

/** All that may be: whether it was stopped, whether it is up, how many links are not over, how many timers are set. */
const possible = {
  stopped: [true, false, 0, 0],
  trying: [false, false, 1, 0],
  untilNextTry: [false, false, 0, 1],
  askingTheFarEnd: [false, true, 1, 0],
  untilNextBeat: [false, true, 1, 1],
};

interface OneTry {
  readonly link: Link;
  /** Something is opened, as far as the far end is concerned. */
  readonly open: () => void;
  /** All is done that must be done before `up`. */
  readonly ready: (info?: AsteriskInfo) => void;
  readonly fail: (error: Error) => void;
}

/** A kept connection whose far end is the test. */
function kept() {
  const clock = new ManualClock();
  const tries: OneTry[] = [];
  const news: boolean[] = [];
  const log: { msg: string; reason?: string; pauseMs?: number; failures?: number; restarted?: boolean }[] = [];
  const beats: ((alive: boolean) => void)[] = [];
  const far = { open: 0, prepared: 0 };
  const connection = new KeptConnection({
    clock,
    random: shortest,
    logger: pino({ base: null }, { write: (line) => void log.push(JSON.parse(line)) }),
    asterisk: { ari_app: "onering", request_timeout_ms: 5000 },
    name: "Asterisk",
    async connect(link) {
      const opening = deferred<void>();
      const preparing = deferred<AsteriskInfo>();
      // Whoever asks hears of it; those that are not asked yet do not disturb.
      preparing.promise.catch(() => undefined);
      tries.push({
        link,
        open: opening.resolve,
        ready: (info = { version: "22.10.1", startupTime: "noon" }) => preparing.resolve(info),
        fail(error) {
          opening.reject(error);
          preparing.reject(error);
        },
      });
      await opening.promise;
      far.open += 1;
      link.hold(() => {
        far.open -= 1;
      });
      far.prepared += 1;
      return preparing.promise;
    },
    batchTimer: () => new Promise((resolve) => void beats.push(resolve)),
    describe: (error) => (error as Error).message,
    changed: (up) => void news.push(up),
  });
  const newest = () => {
    const last = tries.at(-1);
    if (last === undefined) throw new Error("nothing was tried");
    return last;
  };
  return {
    ...{ clock, tries, news, log, far, beats, connection, newest },
    async succeed(info?: AsteriskInfo) {
      newest().open();
      newest().ready(info);
      await settled();
    },
    async fail(reason = "refused") {
      newest().fail(new Error(reason));
      await settled();
    },
    async pass(ms: number) {
      clock.pass(ms);
      await settled();
    },
  };
}

describe("a kept connection", () => {
  it("is up when all is done that must be done before, not when it is open", async () => {
    const one = kept();
    void one.connection.start();
    one.newest().open();
    await settled();
    expect([one.far.open, one.connection.up, one.news]).toEqual([1, false, []]);
    await one.succeed();
    expect([one.connection.up, one.news]).toEqual([true, [true]]);
  });

  it("is started after the first try, though that failed", async () => {
    const one = kept();
    let started = false;
    const starting = one.connection.start().then(() => (started = true));
    await settled();
    expect(started).toBe(false);
    await one.fail();
    await starting;
    expect([one.connection.up, one.news]).toEqual([false, []]);
  });

  it("is tried for ever, after pauses that grow to the longest and begin anew once it was up", async () => {
    const one = kept();
    void one.connection.start();
    for (let failures = 1; failures <= 12; failures += 1) {
      await one.fail();
      await one.pass(one.log.at(-1)?.pauseMs ?? 0);
      expect(one.tries).toHaveLength(failures + 1);
    }
    await one.succeed();
    one.newest().link.broke("gone");
    const pauses = one.log.flatMap(({ pauseMs }) => pauseMs ?? []);
    expect(pauses).toEqual([125, 250, 500, 1000, 2000, 4000, ...Array(6).fill(5000), 125]);
  });

  it("that broke is closed, told once, and for the first reason", async () => {
    const one = kept();
    void one.connection.start();
    await one.succeed();
    const { link } = one.newest();
    link.broke("the far end closed it");
    link.broke("what follows from that");
    expect([one.far.open, one.connection.up, one.news]).toEqual([0, false, [true, false]]);
    expect(one.log.flatMap(({ reason }) => reason ?? [])).toEqual(["the far end closed it"]);
    await one.pass(125);
    await one.succeed();
    expect([one.far.open, one.tries.length, one.news]).toEqual([1, 2, [true, false, true]]);
  });

  it("asks the far end whether it lives 3 s after each answer, and is broken when it does not", async () => {
    const one = kept();
    void one.connection.start();
    await one.succeed();
    one.beats[0]?.(true);
    await settled();
    await one.pass(2999);
    expect(one.beats).toHaveLength(1);
    await one.pass(1);
    expect(one.beats).toHaveLength(2);
    one.beats[1]?.(false);
    await settled();
    expect([one.far.open, one.news]).toEqual([0, [true, false]]);
    expect(one.log.at(-1)).toMatchObject({ reason: "Asterisk does not answer pings" });
    await one.pass(10_000);
    expect(one.beats).toHaveLength(2);
  });

  it("that is stopped while it waits is not tried again", async () => {
    const one = kept();
    void one.connection.start();
    await one.fail();
    one.connection.stop();
    expect(one.clock.pending).toBe(0);
    await one.pass(60_000);
    expect(one.tries).toHaveLength(1);
  });

  it("that is stopped before it is open begins nothing more, and closes what opens late", async () => {
    const one = kept();
    void one.connection.start();
    one.connection.stop();
    expect(() => one.newest().link.assertNotOver()).toThrow("over");
    await one.succeed();
    expect(one.far).toEqual({ open: 0, prepared: 0 });
    expect([one.connection.up, one.news, one.log, one.clock.pending]).toEqual([false, [], [], 0]);
  });

  it("that is stopped just before it would be up is closed at once, and is not up when that is done", async () => {
    const one = kept();
    void one.connection.start();
    one.newest().open();
    await settled();
    one.connection.stop();
    expect(one.far.open).toBe(0);
    await one.succeed();
    expect([one.connection.up, one.news, one.clock.pending]).toEqual([false, [], 0]);
  });

  it("is not brought up by an older try that is late", async () => {
    const one = kept();
    void one.connection.start();
    one.newest().open();
    await settled();
    one.newest().link.broke("lost while it was made ready");
    await one.pass(125);
    one.tries[0]?.ready();
    await settled();
    expect([one.tries.length, one.connection.up]).toEqual([2, false]);
    await one.succeed();
    expect([one.far.open, one.news]).toEqual([1, [true]]);
  });

  it("that yields to another process waits for as long as ever", async () => {
    const one = kept();
    void one.connection.start();
    await one.succeed();
    one.connection.yieldTo("another process took our place");
    expect(one.log.at(-1)).toMatchObject({ reason: "another process took our place", pauseMs: 5000 });
    expect(one.news).toEqual([true, false]);
  });

  it("tells a restart of Asterisk from a break of the line", async () => {
    const one = kept();
    void one.connection.start();
    for (const startupTime of ["noon", "noon", "one o'clock"]) {
      await one.succeed({ version: "22.10.1", startupTime });
      one.newest().link.broke("gone");
      await one.pass(125);
    }
    expect(one.log.flatMap(({ restarted }) => restarted ?? [])).toEqual([false, false, true]);
  });

  it("is one at a time, tells each change once and is never stuck, whatever happens in whatever order", async () => {
    const old = fc.record({
      does: fc.constantFrom("open", "ready", "fail", "break", "answer"),
      to: fc.nat({ max: 3 }),
    });
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ does: fc.constantFrom("open", "ready", "answer"), to: fc.constant(0) }) },
      { weight: 2, arbitrary: fc.record({ does: fc.constant("wait"), to: fc.nat({ max: 6000 }) }) },
      { weight: 1, arbitrary: fc.record({ does: fc.constantFrom("dead", "yield"), to: fc.constant(0) }) },
      { weight: 2, arbitrary: old },
    );
    const stopsAfter = fc.option(fc.nat({ max: 60 }), { nil: Number.POSITIVE_INFINITY });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), stopsAfter, async (steps, stopAt) => {
        const one = kept();
        void one.connection.start();
        let triesAtStop = Number.POSITIVE_INFINITY;
        for (const [index, { does, to }] of steps.entries()) {
          // Old tries, and old beats, are answered too.
          const tried = one.tries.at(-1 - to) ?? one.newest();
          if (does === "open") tried.open();
          else if (does === "ready") tried.ready();
          else if (does === "fail") tried.fail(new Error("refused"));
          else if (does === "break") tried.link.broke("gone");
          else if (does === "yield") one.connection.yieldTo("another process took our place");
          else if (does === "wait") await one.pass(to);
          else one.beats.at(-1 - to)?.(does === "answer");
          if (index === stopAt) {
            one.connection.stop();
            triesAtStop = one.tries.length;
          }
          await settled();

          const going = one.tries.filter(({ link }) => !link.over).length;
          const stopped = index >= stopAt;
          expect(one.far.open).toBeOneOf([0, going]);
          expect(one.news).toEqual(one.news.map((_, change) => change % 2 === 0));
          expect(one.connection.up).toBe(one.news.at(-1) ?? false);
          const state = [stopped, one.connection.up, going, one.clock.pending];
          expect(state).toBeOneOf(Object.values(possible));
          if (stopped) expect(one.tries).toHaveLength(triesAtStop);
        }
      }),
    );
  });
});
