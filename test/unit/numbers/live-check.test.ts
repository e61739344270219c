/** Who is called, who is not, and what is told: the service of live checks with scripted ports. */

import { beforeEach, describe, expect, it } from "vitest";
import type { LiveCheckConfig } from "../../../src/numbers/live-check/config.ts";
import type {
  CallAnswer,
  CallAsk,
  LiveAsk,
  LiveCheck,
  LiveObservation,
  StoreAnswer,
} from "../../../src/numbers/live-check/ports.ts";
import { rememberedMs } from "../../../src/numbers/live-check/remember.ts";
import { createLiveCheck } from "../../../src/numbers/live-check/service.ts";
import type { LiveEvidence, LiveReading } from "../../../src/numbers/live-check/types.ts";
import { deferred } from "../../../src/shared/deferred.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { testConfig } from "../../support/test-config.ts";

const to = "+447400123456";
const evidence: LiveEvidence = {
  ...{ outcome: "rang", sipStatus: 487, q850: null, alerted: true, progress: false, falseAnswer: false },
  ...{ postDialDelayMs: 1200, trunks: 1, confirmed: false, source: "sip" },
};
const reachable: LiveReading = { state: "reachable", reason: null, evidence };
const ended: CallAnswer = {
  ...{ kind: "ended", reading: reachable, invited: true, mayStillRing: false },
  attempts: [{ trunk: "a", outcome: "rang" }],
};

let clock: ReturnType<typeof manualClock>;
let done: string[];
let observed: LiveObservation[];
let calls: CallAsk[];
let check: LiveCheck;
let config: LiveCheckConfig;
/** What the ports answer. */
let world: {
  look: () => Promise<StoreAnswer>;
  begin: () => Promise<StoreAnswer>;
  guard: "allow" | "deny";
  admit: "taken" | "limited";
  call: (ask: CallAsk) => Promise<CallAnswer>;
  test: LiveReading | null;
  quietMs: number | null;
};

const offer = { callerIds: ["h"], maxCoolingDown: 10, lostMs: 20_000, overMs: 12_000 };

beforeEach(() => {
  clock = manualClock(Date.UTC(2026, 10, 1));
  [done, observed, calls] = [[], [], []];
  config = { ...testConfig().live_check, countries: ["GB"] };
  world = {
    look: async () => ({ kind: "free" }),
    begin: async () => ({ kind: "begun", choice: 0 }),
    guard: "allow",
    admit: "taken",
    call: async (ask) => ((await ask.begin(offer)) === null ? notPlaced("taken") : ended),
    ...{ test: null, quietMs: null },
  };
  check = createLiveCheck({
    config: () => config,
    store: {
      look: () => world.look(),
      begin: () => world.begin(),
      async end(_callee, { reading, rememberMs }) {
        done.push(`end ${reading?.state ?? "nothing"} ${rememberMs}`);
        return clock.nowMs();
      },
      admit: async () =>
        world.admit === "taken" ? { kind: "taken", stamp: "1 1" } : { kind: "limited", retryAfterMs: 9 },
      async release(_id, _app, _stamp, unused) {
        done.push(unused ? "place given back" : "place free");
      },
    },
    caller: {
      call(ask) {
        calls.push(ask);
        return world.call(ask);
      },
    },
    guard: {
      decide: async () =>
        world.guard === "allow"
          ? { kind: "allow", notMade: () => void done.push("uncounted") }
          : { kind: "deny", retryAfterMs: null },
    },
    calleeOf: () => ({ bucket: "0000", hash: "h" }),
    apps: () => ["shop"],
    quietForMs: () => world.quietMs,
    testAnswer: () => world.test,
    onAnswer: ({ state, reason }, asked) => void done.push(`answer ${state} ${reason} ${asked}`),
    observe: (one) => void observed.push(one),
    ...{ clock, random: cryptoRandom },
  });
});

const notPlaced = (why: "taken" | "no_capacity" | "unavailable"): CallAnswer => ({
  ...{ kind: "not_placed", why, retryAfterMs: null },
});
const ask = (own: Partial<LiveAsk> = {}) =>
  check.check({
    ...{ app: "shop", to, country: "GB", callable: true, ranges: null, gone: new AbortController().signal },
    ...own,
  });

it.each([3_600_000, -3_600_000])(
  "leaves a call the time that is left though the clock is set by %i ms meanwhile",
  async (byMs) => {
    world.look = async () => {
      clock.pass(1000);
      clock.set(byMs);
      return { kind: "free" };
    };
    expect(await ask()).toMatchObject({ state: "reachable" });
    expect(calls).toMatchObject([{ withinMs: 9000 }]);
  },
);

it("calls, answers, remembers for a day, and tells what was learned", async () => {
  expect(await ask()).toEqual({ ...reachable, checkedAtMs: clock.nowMs(), ageMs: 0, retryAfterMs: null });
  expect(calls).toMatchObject([{ app: "shop", callee: to, withinMs: 10_000 }]);
  expect(done).toEqual(["end reachable 86400000", "place free", "answer reachable null true"]);
  expect(observed).toMatchObject([{ app: "shop", to, country: "GB", reading: reachable, cost: null }]);
});

describe("nobody is called", () => {
  it.each<[string, () => void, Partial<LiveAsk>, string]>([
    ["where policy does not call the number", () => undefined, { callable: false }, "not_callable"],
    ["in a country that is not switched on", () => undefined, { country: "FR" }, "country_off"],
    ["where the number is of no country", () => undefined, { country: null }, "country_off"],
    [
      "in the app's quiet hours",
      () => {
        world.quietMs = 1000;
      },
      {},
      "quiet_hours",
    ],
    [
      "where the guard refuses",
      () => {
        world.guard = "deny";
      },
      {},
      "denied",
    ],
    [
      "over the limits of checks",
      () => {
        world.admit = "limited";
      },
      {},
      "limited",
    ],
    [
      "while the person is verified",
      () => {
        world.look = async () => ({ kind: "busy", with: "verification", retryAfterMs: null });
      },
      {},
      "verification_open",
    ],
    [
      "while the person is called",
      () => {
        world.look = async () => ({ kind: "busy", with: "call", retryAfterMs: 100 });
      },
      {},
      "call_in_progress",
    ],
    [
      "where Redis does not answer",
      () => {
        world.look = () => Promise.reject(new Refusal("store_unavailable", "down"));
      },
      {},
      "unavailable",
    ],
  ])("%s", async (_, given, own, reason) => {
    given();
    expect(await ask(own)).toMatchObject({ state: "unknown", reason, evidence: null, checkedAtMs: null });
    expect(calls).toEqual([]);
    expect(observed).toEqual([]);
  });

  it("for a test number, which answers by its scenario", async () => {
    world.test = reachable;
    expect(await ask({ callable: false })).toMatchObject({ state: "reachable", ageMs: 0 });
    expect(calls).toEqual([]);
  });
});

describe("what the guard and the limits counted for a check without a call", () => {
  it("is taken back where an answer is known", async () => {
    const atMs = clock.nowMs() - 3_600_000;
    world.look = async () => ({ kind: "known", atMs, ageMs: 3_600_000, leftMs: 82_800_000, reading: reachable });
    expect(await ask()).toMatchObject({ state: "reachable", ageMs: 3_600_000, checkedAtMs: atMs });
    expect(calls).toEqual([]);
    expect(done).toEqual(["uncounted", "answer reachable null false"]);
  });

  it("is taken back where trunks have no slot to spare; the callee is free again", async () => {
    world.call = async () => notPlaced("no_capacity");
    expect(await ask()).toMatchObject({ state: "unknown", reason: "no_capacity" });
    expect(done).toEqual(["end nothing 0", "place given back", "uncounted", "answer unknown no_capacity false"]);
  });

  it("where a verification began meanwhile, that is the reason", async () => {
    world.begin = async () => ({ kind: "busy", with: "verification", retryAfterMs: null });
    expect(await ask()).toMatchObject({ reason: "verification_open" });
    expect(observed).toEqual([]);
  });
});

describe("time", () => {
  it("the answer comes within answer_within_ms; the call goes on to its end, which is stored", async () => {
    let end: (answer: CallAnswer) => void = () => undefined;
    world.call = () => {
      const { promise, resolve } = deferred<CallAnswer>();
      end = resolve;
      return promise;
    };
    const answer = ask();
    await expect.poll(() => calls.length).toBe(1);
    clock.advance(10_000);
    expect(await answer).toMatchObject({ state: "unknown", reason: "deadline" });
    expect(observed).toEqual([]);
    end(ended);
    await expect.poll(() => done).toContain("end reachable 86400000");
    expect(observed).toHaveLength(1);
  });

  it("another check of the same number gets the answer of the one that is in progress", async () => {
    let looks = 0;
    world.look = async () => {
      looks++;
      if (looks < 3) return { kind: "under_way" };
      return { kind: "known", atMs: 5, ageMs: 10, leftMs: 1, reading: reachable };
    };
    const answer = ask();
    while (looks < 3) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(250);
    }
    expect(await answer).toMatchObject({ state: "reachable", ageMs: 10 });
    expect(calls).toEqual([]);
  });

  it("two that begin at the same moment: one calls, the other gets its answer", async () => {
    let looks = 0;
    world.look = async () =>
      ++looks === 1 ? { kind: "free" } : { kind: "known", atMs: 5, ageMs: 10, leftMs: 1, reading: reachable };
    world.begin = async () => ({ kind: "under_way" });
    expect(await ask()).toMatchObject({ state: "reachable", ageMs: 10 });
    expect(done).toEqual(["end nothing 0", "place given back", "uncounted", "answer reachable null false"]);
  });

  it("a client that is gone, and a drain, cancel the call", async () => {
    world.call = ({ canceled }) =>
      new Promise((resolve) => canceled.addEventListener("abort", () => resolve(notPlaced("taken"))));
    const client = new AbortController();
    const first = ask({ gone: client.signal });
    await expect.poll(() => calls.length).toBe(1);
    client.abort();
    expect(await first).toMatchObject({ state: "unknown", reason: "interrupted" });
    const second = ask();
    await expect.poll(() => calls.length).toBe(2);
    await check.drain();
    expect(await second).toMatchObject({ state: "unknown", reason: "interrupted" });
    expect(await ask()).toMatchObject({ state: "unknown", reason: "unavailable" });
    expect(calls).toHaveLength(2);
  });
});

describe("an answer is given again for", () => {
  const dayMs = 86_400_000;
  const silent = { ...evidence, alerted: false };
  it.each<[string, LiveReading, boolean, number]>([
    ["a day where it says something", { state: "switched_off", reason: null, evidence: silent }, false, dayMs],
    [
      "a day where the phone may have shown the call",
      { state: "unknown", reason: "interrupted", evidence },
      false,
      dayMs,
    ],
    ["a day where the phone may ring on", { state: "unknown", reason: "interrupted", evidence: silent }, true, dayMs],
    [
      "a day where the call was on its way, and its trunk signals no alerting",
      { state: "unknown", reason: "no_signal", evidence: silent },
      false,
      dayMs,
    ],
    [
      "five minutes where no trunk carried it",
      { state: "unknown", reason: "not_carried", evidence: silent },
      false,
      300_000,
    ],
  ])("%s", (_, reading, mayStillRing, ms) => {
    expect(rememberedMs({ reading, mayStillRing, invited: true }, dayMs)).toBe(ms);
  });

  it("five minutes where it was canceled before a call was sent", () => {
    const reading: LiveReading = { state: "unknown", reason: "interrupted", evidence: silent };
    expect(rememberedMs({ reading, mayStillRing: false, invited: false }, dayMs)).toBe(300_000);
  });
});
