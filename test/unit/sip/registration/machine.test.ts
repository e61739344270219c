import { describe, expect, test } from "vitest";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import {
  beginRegistration,
  isBound,
  type RegistrationEffect,
  type RegistrationInput,
  type RegistrationState,
  step,
} from "../../../../src/sip/registration/machine.ts";

const refused = (status: number, own: Partial<Extract<RegistrationInput, { kind: "refused" }>> = {}) =>
  ({ kind: "refused", status, why: `${status}`, retryAfterMs: null, leastSeconds: null, ...own }) as const;

/** A run from the start; time passes by itself up to each effect's end. */
class Run {
  state: RegistrationState = beginRegistration(300);
  effect: RegistrationEffect = null;
  nowMs = 1_000_000;
  constructor(...inputs: readonly RegistrationInput[]) {
    this.feed({ kind: "start", boundForMs: null }, ...inputs);
  }
  feed(...inputs: readonly RegistrationInput[]): this {
    for (const input of inputs) {
      [this.state, this.effect] = step(this.state, input, this.nowMs, cryptoRandom);
    }
    return this;
  }
  /** To the end of the wait, and on. */
  wait(): this {
    if (this.effect?.kind !== "wait") throw new Error(`does not wait: ${this.effect?.kind}`);
    this.nowMs += this.effect.ms;
    return this.feed({ kind: "due" });
  }
  get waitSeconds(): number {
    return this.effect?.kind === "wait" ? this.effect.ms / 1000 : Number.NaN;
  }
}

const accepted = { kind: "accepted", grantedSeconds: 300 } as const;
const unanswered = { kind: "unanswered", why: "no response" } as const;

describe("renewal", () => {
  test.each([
    [3600, 0.72, 0.8],
    [300, 0.72, 0.8],
    [60, 0.45, 0.5],
    [10, 0.45, 0.5],
  ])("of %i s granted, between %f and %f of it", (grantedSeconds, least, most) => {
    for (let time = 0; time < 50; time++) {
      const { waitSeconds } = new Run({ kind: "accepted", grantedSeconds });
      expect(waitSeconds).toBeGreaterThanOrEqual(grantedSeconds * least - 0.001);
      expect(waitSeconds).toBeLessThanOrEqual(grantedSeconds * most + 0.001);
    }
  });

  test("one that is not answered leaves the binding until its end, and is tried again", () => {
    const run = new Run(accepted).wait().feed(unanswered);
    expect(isBound(run.state, run.nowMs)).toBe(true);
    expect(run.waitSeconds).toBeLessThanOrEqual(2);
    run.nowMs += 100_000;
    expect(isBound(run.state, run.nowMs)).toBe(false);
  });
});

describe("back-off", () => {
  const waits = (input: RegistrationInput, times: number) => {
    const run = new Run(input);
    return Array.from({ length: times }, () => {
      const { waitSeconds } = run;
      run.wait().feed(input);
      return waitSeconds;
    });
  };
  const within = (waited: readonly number[], ceilings: readonly number[]) =>
    waited.every((seconds, at) => seconds >= (ceilings[at] ?? 0) / 2 && seconds <= (ceilings[at] ?? 0));

  test.each([
    ["no response", unanswered],
    ["500", refused(500)],
    ["503", refused(503)],
    ["408", refused(408)],
  ])("%s: from 2 s to 2 min", (_, input) => {
    expect(within(waits(input, 9), [2, 4, 8, 16, 32, 64, 120, 120, 120])).toBe(true);
  });

  test.each([[301], [401], [403], [404], [420], [501], [603]])(
    "%i: from 1 to 30 min, and it is not followed",
    (status) => {
      expect(within(waits(refused(status), 7), [60, 120, 240, 480, 960, 1800, 1800])).toBe(true);
    },
  );

  test("Retry-After is the least, and spread", () => {
    for (let time = 0; time < 50; time++) {
      const { waitSeconds } = new Run(refused(503, { retryAfterMs: 600_000 }));
      expect(waitSeconds).toBeGreaterThanOrEqual(600);
      expect(waitSeconds).toBeLessThanOrEqual(660);
    }
    expect(new Run(refused(403, { retryAfterMs: 1000 })).waitSeconds).toBeGreaterThanOrEqual(30);
  });

  test("a success ends it", () => {
    const run = new Run(unanswered).wait().feed(unanswered).wait().feed(accepted);
    expect(run.state).toMatchObject({ failures: 0, lastFailure: null });
  });

  test("a refusal ends the binding", () => {
    const run = new Run(accepted).wait().feed(refused(403));
    expect(isBound(run.state, run.nowMs)).toBe(false);
    expect(run.state.lastFailure).toEqual({ status: 403, why: "403" });
  });
});

describe("423 Interval Too Brief", () => {
  test("that raises the interval by a second each time is not followed at once for ever", () => {
    const run = new Run(refused(423, { leastSeconds: 301 }));
    expect(run.effect).toEqual({ kind: "register", expiresSeconds: 301 });
    run.feed(refused(423, { leastSeconds: 302 }));
    expect(run.effect).toMatchObject({ kind: "wait" });
    run.feed({ kind: "due" });
    expect(run.effect).toEqual({ kind: "register", expiresSeconds: 302 });
  });

  test("asks for Min-Expires at once, and from then on", () => {
    const run = new Run(refused(423, { leastSeconds: 600 }));
    expect(run.effect).toEqual({ kind: "register", expiresSeconds: 600 });
    run.feed({ kind: "accepted", grantedSeconds: 600 }).wait();
    expect(run.effect).toEqual({ kind: "register", expiresSeconds: 600 });
  });

  test.each([[null], [60], [300], [1_000_000]])("with Min-Expires %s it is a failure", (leastSeconds) => {
    expect(new Run(refused(423, { leastSeconds })).effect).toMatchObject({ kind: "wait" });
  });
});

describe("a broken flow", () => {
  test("is registered anew at once", () => {
    const run = new Run(accepted);
    run.nowMs += 60_000;
    run.feed({ kind: "flow_lost" });
    expect(run.effect).toEqual({ kind: "register", expiresSeconds: 300 });
    expect(isBound(run.state, run.nowMs)).toBe(false);
  });

  test("of a registrar that accepts and closes: every 5 s", () => {
    const run = new Run(accepted).feed({ kind: "flow_lost" });
    expect(run.waitSeconds).toBe(5);
    expect(run.wait().effect).toMatchObject({ kind: "register" });
  });

  test("says nothing where we are not registered, or the first REGISTER is under way", () => {
    expect(new Run(unanswered).feed({ kind: "flow_lost" }).effect).toBeNull();
    const run = new Run();
    expect(step(run.state, { kind: "flow_lost" }, run.nowMs, cryptoRandom)).toEqual([run.state, null]);
  });

  test("while a renewal is under way ends the binding too: its answer decides", () => {
    const run = new Run(accepted).wait().feed({ kind: "flow_lost" });
    expect([run.effect, isBound(run.state, run.nowMs)]).toEqual([null, false]);
    const lost = run.state;
    run.feed(unanswered);
    expect([isBound(run.state, run.nowMs), run.waitSeconds <= 2]).toEqual([false, true]);
    const [renewed] = step(lost, accepted, run.nowMs, cryptoRandom);
    expect([isBound(renewed, run.nowMs), renewed.lastFailure]).toEqual([true, null]);
  });
});

describe("the end", () => {
  test("removes a binding, and one that is being made", () => {
    for (const run of [new Run(accepted), new Run(), new Run(accepted).wait()]) {
      expect(run.feed({ kind: "stop" }).effect).toEqual({ kind: "remove" });
      expect(run.feed(accepted, { kind: "flow_lost" }, { kind: "due" }).effect).toBeNull();
      expect(run.feed({ kind: "removed" }).effect).toEqual({ kind: "end" });
      expect(run.feed({ kind: "start", boundForMs: null }, { kind: "due" }, { kind: "stop" }).effect).toBeNull();
    }
  });

  test("sends nothing where there is nothing to remove", () => {
    expect(new Run(refused(403)).feed({ kind: "stop" }).effect).toEqual({ kind: "end" });
    const [, effect] = step(beginRegistration(300), { kind: "stop" }, 0, cryptoRandom);
    expect(effect).toEqual({ kind: "end" });
  });
});
