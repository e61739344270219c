import { describe, expect, it } from "vitest";
import { createHangUp } from "../../../../src/channels/calls/hang-up.ts";
import type { Delivery } from "../../../../src/verification/types.ts";

const here = "here1234";
const there = "there123";

/** What is done where a verification with this newest delivery has ended. */
function done(newest: Partial<Delivery>, attempts = 1, older: Partial<Delivery> = {}): string[] {
  const seen: string[] = [];
  const hangUp = createHangUp(
    { cancel: (callId) => void seen.push(`cancel ${callId}`) },
    { gateway: here, ask: (gateway, callId) => void seen.push(`ask ${gateway} ${callId}`) },
  );
  const before = { details: { gateway: there }, endedAtMs: 1, result: {}, lastAttempt: attempts - 1, ...older };
  const delivery = { details: {}, endedAtMs: null, result: null, ...newest };
  const deliveries = [before, delivery] as unknown as readonly Delivery[];
  for (const one of deliveries) hangUp({ id: "v1", attempts, deliveries }, one);
  return seen;
}

it("hangs up a call of its own", () => {
  expect(done({ details: { gateway: here } })).toEqual(["cancel v1-1"]);
});

it("asks the gateway that placed the call, and names the attempt", () => {
  expect(done({ details: { gateway: there } }, 2)).toEqual(["ask there123 v1-2"]);
});

it("asks for none that is over, as after most right codes", () => {
  expect(done({ details: { gateway: there }, endedAtMs: 5, result: { outcome: "rang" } })).toEqual([]);
});

it("asks between the two calls of a code, whose first one has a result", () => {
  expect(done({ details: { gateway: there }, result: { outcome: "rang" } })).toEqual(["ask there123 v1-1"]);
});

it("asks while a code is read out again, and where the store gave the call up as lost", () => {
  expect(done({ details: { gateway: there }, endedAtMs: 5 })).toEqual(["ask there123 v1-1"]);
});

it("asks nobody where the record does not say who placed it: an older gateway, a simulated call, a refused step", () => {
  expect(done({ details: { prefix: "+44", digits: 4 } })).toEqual(["cancel v1-1"]);
  expect(done({ details: { simulated: "test" } })).toEqual(["cancel v1-1"]);
  expect(done({ details: null, endedAtMs: 5 })).toEqual(["cancel v1-1"]);
});

describe("an earlier delivery, where another one began since", () => {
  const message = { details: { sender: null }, endedAtMs: 9, result: {} };

  it("is hung up while its code is read out again, by the gateway that placed it", () => {
    expect(done(message, 2, { result: null })).toEqual(["ask there123 v1-1"]);
    expect(done(message, 2, { result: null, details: { gateway: here } })).toEqual(["cancel v1-1"]);
  });

  it("is left alone where it is over, was never begun, or an older gateway kept no attempt of it", () => {
    expect(done(message, 2)).toEqual([]);
    expect(done(message, 2, { result: null, lastAttempt: 0 })).toEqual([]);
    expect(done(message, 2, { result: null, lastAttempt: undefined as never })).toEqual([]);
  });
});
