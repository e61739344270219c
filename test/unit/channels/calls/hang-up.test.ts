import { expect, it } from "vitest";
import { createHangUp } from "../../../../src/channels/calls/hang-up.ts";
import type { Delivery, Verification } from "../../../../src/verification/types.ts";

const here = "here1234";
const there = "there123";

/** What is done where a verification with this newest delivery has ended. */
function done(newest: Partial<Delivery>, attempts = 1): string[] {
  const seen: string[] = [];
  const hangUp = createHangUp(
    { cancel: (callId) => void seen.push(`cancel ${callId}`) },
    { gateway: here, ask: (gateway, callId) => void seen.push(`ask ${gateway} ${callId}`) },
  );
  const older = { details: { gateway: there }, endedAtMs: 1, result: {} };
  const delivery = { details: {}, endedAtMs: null, result: null, ...newest };
  hangUp({ id: "v1", attempts, deliveries: [older, delivery] } as unknown as Verification);
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
