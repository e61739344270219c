import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Random } from "../../../../src/shared/random.ts";
import { type BreakerRules, createBreaker } from "../../../../src/telephony/trunks/breaker.ts";

const rules: BreakerRules = {
  failures: 5,
  failing_percent: 50,
  window_calls: 20,
  window_ms: 30_000,
  pause_ms: 5000,
  longest_pause_ms: 300_000,
  probes: 3,
  probe_limit_ms: 60_000,
  failing_prefixes: 5,
  failing_apps: 1,
  share_ms: 1000,
};
/** Takes nothing off a pause. */
const longest: Random = { below: (limit) => limit - 1, bytes: (length) => Buffer.alloc(length) };

function breaker(changed: Partial<BreakerRules> = {}) {
  const one = createBreaker({ ...rules, ...changed }, longest);
  return {
    one,
    /** A call that begins and ends at once. */
    call(verdict: "good" | "trunk_failed" | "nothing", nowMs: number) {
      one.record(one.begin(nowMs), verdict, nowMs);
    },
    open(nowMs: number) {
      for (let call = 0; call < 5; call++) one.record(one.begin(nowMs), "trunk_failed", nowMs);
    },
  };
}

describe("a path whose calls fail", () => {
  it("is left alone after five failures that are half of its calls", () => {
    const { one, call } = breaker();
    for (let i = 0; i < 5; i++) call("good", 0);
    for (let i = 0; i < 4; i++) call("trunk_failed", 0);
    expect(one.allows(0)).toBe("yes");
    expect(one.why(0)).toBeNull();
    call("trunk_failed", 0);
    expect(one.allows(0)).toBe("no");
    expect(one.state(0)).toBe("open");
    expect(one.retryAtMs(0)).toBe(5000 - 1);
    expect(one.why(0)).toBe("circuit open for 5 s: 5 of the last 10 calls failed on the trunk");
  });

  it("is used on where most calls are good, few failed, or the failures are old", () => {
    const mostlyGood = breaker();
    for (let i = 0; i < 100; i++) mostlyGood.call(i % 3 === 0 ? "trunk_failed" : "good", 0);
    expect(mostlyGood.one.state(0)).toBe("closed");

    const seldom = breaker();
    for (let i = 0; i < 100; i++) seldom.call("trunk_failed", i * 8000);
    expect(seldom.one.state(800_000)).toBe("closed");
  });

  it("is judged by its latest calls only", () => {
    const { one, call } = breaker();
    for (let i = 0; i < 1000; i++) call("good", 0);
    for (let i = 0; i < 9; i++) call("trunk_failed", 0);
    expect(one.state(0)).toBe("closed");
    call("trunk_failed", 0);
    expect(one.state(0)).toBe("open");
  });

  it("is not judged by calls that say nothing", () => {
    const { one, call } = breaker();
    for (let i = 0; i < 100; i++) call("nothing", 0);
    for (let i = 0; i < 5; i++) call("trunk_failed", 0);
    expect(one.state(0)).toBe("open");
  });
});

describe("a way that was left alone", () => {
  it("gets one call at a time, and is used again when three in a row were good", () => {
    const { one, open } = breaker();
    open(0);
    for (let probe = 1; probe <= 3; probe++) {
      const nowMs = 5000 + probe * 1000;
      expect(one.state(nowMs)).toBe("half_open");
      expect(one.allows(nowMs)).toBe("probe");
      const round = one.begin(nowMs);
      expect(one.allows(nowMs)).toBe("no");
      expect(one.why(nowMs)).toMatch(
        /^circuit half-open, one call at a time until 3 in a row are good: 5 of the last 5/,
      );
      one.record(round, "good", nowMs + 500);
    }
    expect(one.allows(8500)).toBe("yes");
    expect(one.why(8500)).toBeNull();
  });

  it("waits twice as long after each probe that failed, up to the longest pause, and starts over once it worked", () => {
    const { one, call, open } = breaker();
    open(0);
    let nowMs = 0;
    const pausesMs: number[] = [];
    for (let failed = 0; failed < 8; failed++) {
      const retryAtMs = one.retryAtMs(nowMs) ?? Number.NaN;
      pausesMs.push(retryAtMs - nowMs + 1);
      nowMs = retryAtMs;
      expect(one.allows(nowMs - 1)).toBe("no");
      call("trunk_failed", nowMs);
    }
    expect(pausesMs).toEqual([5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
    nowMs = one.retryAtMs(nowMs) ?? Number.NaN;
    for (let probe = 0; probe < 3; probe++) call("good", nowMs);
    open(nowMs);
    expect((one.retryAtMs(nowMs) ?? 0) - nowMs).toBe(5000 - 1);
  });

  it("is probed again when a probe was canceled, or nothing was heard of it", () => {
    const { one, open } = breaker();
    open(0);
    one.record(one.begin(5000), "nothing", 5100);
    expect(one.allows(5100)).toBe("probe");
    const lost = one.begin(5100);
    expect(one.allows(65_099)).toBe("no");
    expect(one.allows(65_100)).toBe("probe");
    one.begin(65_100);
    // The lost one turns up after all: it is not the probe any more.
    one.record(lost, "trunk_failed", 65_200);
    expect(one.state(65_200)).toBe("half_open");
  });

  it("is not judged by calls that were up when it failed", () => {
    const { one, open } = breaker();
    const early = Array.from({ length: 10 }, () => one.begin(0));
    open(0);
    for (const round of early.slice(0, 5)) one.record(round, "good", 6000);
    expect(one.allows(6000)).toBe("probe");
    const probe = one.begin(6000);
    for (const round of early.slice(5)) one.record(round, "trunk_failed", 6100);
    expect(one.state(6100)).toBe("half_open");
    one.record(probe, "good", 6200);
    expect(one.allows(6200)).toBe("probe");
  });

  it("comes back when the clock was set back", () => {
    const { one, open } = breaker();
    open(10_000_000);
    expect(one.allows(0)).toBe("probe");
  });
});

describe("whatever happens", () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant("begin" as const), afterMs: fc.nat(4000) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        type: fc.constant("end" as const),
        afterMs: fc.nat(4000),
        which: fc.nat(),
        verdict: fc.constantFrom("good" as const, "trunk_failed" as const, "trunk_failed" as const, "nothing" as const),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("wait" as const), afterMs: fc.nat(400_000) }) },
  );
  const jitter = (seed: number): Random => ({ ...longest, below: (limit) => seed % limit });

  it("at most one probe is out, no pause is longer than the longest, and good calls bring the path back", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.nat(), (steps, seed) => {
        const one = createBreaker({ ...rules, probe_limit_ms: Number.MAX_SAFE_INTEGER }, jitter(seed));
        let nowMs = 1_000_000;
        let probe: { round: number } | null = null;
        const up: { round: number }[] = [];
        for (const { afterMs, ...what } of steps) {
          nowMs += afterMs;
          const allowed = one.allows(nowMs);
          const retryAtMs = one.retryAtMs(nowMs);
          expect(retryAtMs === null || (retryAtMs > nowMs && retryAtMs - nowMs <= rules.longest_pause_ms)).toBe(true);
          expect(one.state(nowMs) === "closed").toBe(allowed === "yes");
          expect(one.why(nowMs) === null).toBe(allowed === "yes");
          if (one.state(nowMs) === "open") expect(allowed).toBe("no");
          if (what.type === "begin" && allowed !== "no") {
            const call = { round: one.begin(nowMs) };
            up.push(call);
            if (allowed === "probe") {
              expect(probe).toBeNull();
              probe = call;
            }
          }
          if (what.type === "end" && up.length > 0) {
            const [call] = up.splice(what.which % up.length, 1);
            if (call === undefined) continue;
            one.record(call.round, what.verdict, nowMs);
            if (call === probe) probe = null;
          }
        }
        if (probe !== null) one.record(probe.round, "nothing", nowMs);
        for (let call = 0; call < rules.probes; call++) {
          nowMs = one.retryAtMs(nowMs) ?? nowMs;
          one.record(one.begin(nowMs), "good", nowMs);
        }
        expect(one.allows(nowMs)).toBe("yes");
      }),
      { numRuns: 500 },
    );
  });

  it("it opens exactly when enough of the calls in the window failed", () => {
    const ends = fc.array(fc.record({ afterMs: fc.nat(8000), failed: fc.boolean() }), { maxLength: 80 });
    fc.assert(
      fc.property(ends, (all) => {
        const { one, call } = breaker();
        let nowMs = 0;
        const seen: { atMs: number; failed: boolean }[] = [];
        for (const { afterMs, failed } of all) {
          nowMs += afterMs;
          call(failed ? "trunk_failed" : "good", nowMs);
          seen.push({ atMs: nowMs, failed });
          const window = seen.slice(-20).filter(({ atMs }) => nowMs - atMs <= 30_000);
          const failures = window.filter((end) => end.failed).length;
          const due = failures >= 5 && failures * 2 >= window.length;
          expect(one.state(nowMs)).toBe(due ? "open" : "closed");
          if (due) return;
        }
      }),
    );
  });
});

describe("breaker poisoning: final responses", () => {
  const from = (prefix: number, app = "shop") => ({ prefix: `+4474${String(prefix).padStart(3, "0")}`, app });
  const setting = (changed: Partial<BreakerRules> = {}) => {
    const { one } = breaker(changed);
    const fails = (nowMs: number, prefix: number, app?: string, retryAfterMs?: number) =>
      one.record(one.begin(nowMs), "call_failed", nowMs, from(prefix, app), retryAfterMs);
    const good = (nowMs: number) => one.record(one.begin(nowMs), "good", nowMs, from(999));
    return { one, fails, good };
  };

  it("of one destination, however many, leave the trunk closed", () => {
    const { one, fails } = setting();
    for (let call = 0; call < 1000; call++) fails(call * 20, call % 4);
    expect(one.state(20_000)).toBe("closed");
  });

  it("of one app among several leave it closed, whatever it calls", () => {
    const { one, fails } = setting({ failing_apps: 2 });
    for (let call = 0; call < 1000; call++) fails(call * 20, call, "attacker");
    expect(one.state(20_000)).toBe("closed");
    fails(20_001, 1, "shop");
    expect(one.state(20_001)).toBe("open");
  });

  it("beside one good call in the window leave it closed: the good call is not pushed out by failures", () => {
    const { one, fails, good } = setting();
    good(0);
    for (let call = 0; call < 1000; call++) fails(call * 30, call);
    expect(one.state(30_000)).toBe("closed");
    fails(30_001, 1);
    expect(one.state(30_001)).toBe("open");
  });

  it("of five prefixes and no good call open it; one good call closes it at once", () => {
    const { one, fails, good } = setting();
    for (let prefix = 0; prefix < 4; prefix++) fails(0, prefix);
    expect(one.state(0)).toBe("closed");
    fails(0, 4);
    expect(one.why(0)).toBe("circuit open for 5 s: 5 calls failed and none was good");
    good(100);
    expect(one.state(100)).toBe("closed");
  });

  it("lead to a share of calls while the carrier answers OPTIONS, one in share_ms", () => {
    const { one, fails } = setting();
    for (let prefix = 0; prefix < 5; prefix++) fails(0, prefix);
    expect(one.allows(500, true)).toBe("no");
    expect(one.allows(1000, false)).toBe("no");
    expect(one.allows(1000, true)).toBe("share");
    const round = one.begin(1000, true);
    expect(one.allows(1999, true)).toBe("no");
    expect(one.allows(2000, true)).toBe("share");
    one.record(round, "good", 2100, from(1));
    expect(one.state(2100)).toBe("closed");
  });

  it.each([
    [20, 20_000],
    [3600, 60_000],
    [1, 5000],
  ])(
    "with Retry-After: %i leave it alone for %i ms once it opens, and count like any other before",
    (asked, pauseMs) => {
      const { one, fails } = setting();
      fails(0, 0, "shop", asked * 1000);
      expect(one.state(0)).toBe("closed");
      for (let prefix = 1; prefix < 5; prefix++) fails(0, prefix);
      expect(one.retryAtMs(0)).toBeGreaterThanOrEqual(pauseMs - 1);
      expect(one.retryAtMs(0)).toBeLessThanOrEqual(pauseMs);
    },
  );

  it("beside good calls never open it, in whatever order they come", () => {
    const calls = fc.array(
      fc.record({ afterMs: fc.nat(900), prefix: fc.nat(500), app: fc.constantFrom("a", "b", "c") }),
      {
        maxLength: 300,
      },
    );
    fc.assert(
      fc.property(calls, fc.integer({ min: 1000, max: 25_000 }), (all, everyMs) => {
        const { one, fails, good } = setting({ failing_apps: 1 });
        let nowMs = 0;
        let goodAtMs = 0;
        good(0);
        for (const { afterMs, prefix, app } of all) {
          nowMs += afterMs;
          if (nowMs - goodAtMs >= everyMs) {
            good(nowMs);
            goodAtMs = nowMs;
          }
          fails(nowMs, prefix, app);
          expect(one.state(nowMs)).toBe("closed");
        }
      }),
    );
  });
});

describe("the trunk's own evidence", () => {
  it("counts each call, also of one destination and one app", () => {
    const { one } = breaker({ failing_apps: 2 });
    const source = { prefix: "+447400", app: "shop" };
    for (let call = 0; call < 5; call++) one.record(one.begin(0), "trunk_failed", 0, source);
    expect(one.state(0)).toBe("open");
  });

  it("is over when the trunk responds, though with a failure", () => {
    const { one, open } = breaker();
    open(0);
    for (let probe = 1; probe <= 3; probe++) one.record(one.begin(5000 + probe), "call_failed", 5000 + probe);
    expect(one.state(5004)).toBe("closed");
  });
});
