import { describe, expect, it } from "vitest";
import { createGate } from "../../../src/outgoing-http/gate.ts";
import { manualClock } from "../../support/manual-clock.ts";

/** The upper half of a pause is random: none of it here. */
const random = { below: () => 0, bytes: (length: number) => Buffer.alloc(length) };

function gate(perSecond = 10) {
  const clock = manualClock();
  return { clock, gate: createGate({ clock, random, perSecond }) };
}

describe("rate", () => {
  it("as many as agreed at once, then one for each that time gives back", () => {
    const { clock, gate: own } = gate(2);
    expect([own.enter(), own.enter()]).toEqual([{ open: true }, { open: true }]);
    expect(own.enter()).toEqual({ open: false, why: "throttled", retryAfterMs: 500 });
    clock.pass(500);
    expect(own.enter().open).toBe(true);
    expect(own.enter().open).toBe(false);
  });

  it("a place that was not used is given back", () => {
    const { gate: own } = gate(1);
    own.enter();
    own.leave();
    expect(own.enter().open).toBe(true);
  });

  it("a clock that was set back closes nothing for ever", () => {
    const { clock, gate: own } = gate(1);
    own.enter();
    clock.set(-3_600_000);
    expect(own.enter().open).toBe(false);
    clock.pass(1000);
    expect(own.enter().open).toBe(true);
  });
});

describe("too many requests", () => {
  it("waits as long as the server says", () => {
    const { clock, gate: own } = gate();
    own.result({ kind: "throttled", retryAfterMs: 30_000 });
    expect(own.enter()).toEqual({ open: false, why: "throttled", retryAfterMs: 30_000 });
    expect(own.health().up).toBe(true);
    clock.pass(30_000);
    expect(own.enter().open).toBe(true);
  });

  it("waits longer each time where it does not, and begins anew once one is taken", () => {
    const { clock, gate: own } = gate();
    const pauses = [1, 2, 3].map(() => {
      own.result({ kind: "throttled", retryAfterMs: null });
      const entry = own.enter();
      const ms = entry.open ? 0 : entry.retryAfterMs;
      clock.pass(ms);
      return ms;
    });
    expect(pauses).toEqual([500, 1000, 2000]);
    own.result({ kind: "fine" });
    own.result({ kind: "throttled", retryAfterMs: null });
    expect(own.enter()).toMatchObject({ retryAfterMs: 500 });
  });

  it("`Retry-After: 0` is no reason to ask in a loop", () => {
    const { gate: own } = gate();
    own.result({ kind: "throttled", retryAfterMs: 0 });
    expect(own.enter()).toMatchObject({ open: false, retryAfterMs: 500 });
  });

  it("many that were under way together count once", () => {
    const { gate: own } = gate();
    for (let count = 0; count < 20; count++) own.result({ kind: "throttled", retryAfterMs: null });
    expect(own.enter()).toMatchObject({ retryAfterMs: 500 });
  });
});

describe("circuit breaker", () => {
  it("opens after three failures in a row, tries one request, and closes when it succeeds", () => {
    const { clock, gate: own } = gate();
    for (let count = 0; count < 2; count++) own.result({ kind: "down", retryAfterMs: null });
    expect(own.enter().open).toBe(true);
    own.result({ kind: "down", retryAfterMs: null });
    expect(own.enter()).toEqual({ open: false, why: "down", retryAfterMs: 500 });
    expect(own.health()).toEqual({ up: false, detail: "3 requests in a row failed" });
    clock.pass(500);
    expect(own.enter().open).toBe(true);
    expect(own.enter()).toMatchObject({ open: false, why: "down" });
    own.result({ kind: "fine" });
    expect(own.enter().open).toBe(true);
    expect(own.health().up).toBe(true);
  });

  it("is up while half-open: a channel that is down gets no requests, so none would ever find out", () => {
    const { clock, gate: own } = gate();
    for (let count = 0; count < 3; count++) own.result({ kind: "down", retryAfterMs: null });
    expect(own.health().up).toBe(false);
    clock.pass(500);
    expect(own.health()).toEqual({ up: true, detail: "3 requests in a row failed" });
    own.enter();
    own.result({ kind: "down", retryAfterMs: null });
    expect(own.health().up).toBe(false);
    const { clock: later, gate: refused } = gate();
    refused.result({ kind: "denied", detail: "the token has expired" });
    later.pass(30_000);
    expect(refused.health()).toEqual({ up: true, detail: "the token has expired" });
  });

  it("waits as long as the server says, but no longer than five minutes", () => {
    const { clock, gate: own } = gate();
    for (let count = 0; count < 3; count++) own.result({ kind: "down", retryAfterMs: 20_000 });
    expect(own.enter()).toMatchObject({ retryAfterMs: 20_000 });
    clock.pass(20_000);
    own.enter();
    own.result({ kind: "down", retryAfterMs: 3_600_000 });
    expect(own.enter()).toMatchObject({ retryAfterMs: 300_000 });
  });

  it("a success between failures keeps it closed", () => {
    const { gate: own } = gate();
    for (let count = 0; count < 10; count++) {
      own.result({ kind: "down", retryAfterMs: null });
      own.result({ kind: "down", retryAfterMs: null });
      own.result({ kind: "fine" });
    }
    expect(own.enter().open).toBe(true);
  });

  it("refused credentials open it at once, and health says why", () => {
    const { clock, gate: own } = gate();
    own.result({ kind: "denied", detail: "the token has expired" });
    expect(own.enter()).toMatchObject({ open: false, why: "down", retryAfterMs: 30_000 });
    expect(own.health()).toEqual({ up: false, detail: "the token has expired" });
    clock.pass(30_000);
    expect(own.enter().open).toBe(true);
    own.result({ kind: "fine" });
    expect(own.health().up).toBe(true);
  });

  it("a probe that was released, or never ended, lets another one follow", () => {
    const { clock, gate: own } = gate();
    own.result({ kind: "denied", detail: "" });
    clock.pass(30_000);
    own.enter();
    own.leave();
    expect(own.enter().open).toBe(true);
    clock.pass(60_000);
    expect(own.enter().open).toBe(true);
  });
});
