import { expect, it } from "vitest";
import type { MessageAdmission, MessageTurn, TurnRequest } from "../../../../src/channels/sms/admission-port.ts";
import { withTurnsAhead } from "../../../../src/channels/sms/smpp/turns-ahead.ts";
import { manualClock } from "../../../support/manual-clock.ts";

/** A store with one bind, which notes how many messages each request was for. */
function world(messagesPerSecond: number) {
  const clock = manualClock();
  const asked: number[] = [];
  let nextMs = 0;
  let full = false;
  const admission: MessageAdmission = {
    async reserve({ messages }) {
      asked.push(messages);
      if (full) return { kind: "full", retryAfterMs: 7 };
      const atMs = Math.max(clock.nowMs(), nextMs);
      nextMs = atMs + (messages * 1000) / messagesPerSecond;
      return { kind: "taken", bind: 0, waitMs: atMs - clock.nowMs() };
    },
    giveBack: async () => undefined,
  };
  const binds = [{ name: "acme.one", messagesPerSecond }];
  const request: TurnRequest = { binds, messages: 1, maxWaitMs: 1000, app: "shop", weight: 1, shares: false };
  const ahead = withTurnsAhead(admission, clock);
  /** As many at once; when each may be sent, from now on. */
  async function take(count: number): Promise<readonly number[]> {
    const turns = await Promise.all(Array.from({ length: count }, () => ahead.reserve(request)));
    return turns.map((turn: MessageTurn) => (turn.kind === "taken" ? turn.waitMs : Number.NaN));
  }
  function refuse(yes: boolean): void {
    full = yes;
  }
  return { clock, asked, take, ahead, request, refuse };
}

it("asks once for what is wanted in one turn, spaced as the bind's rate says", async () => {
  const { take, asked } = world(1000);
  expect(await take(5)).toEqual([0, 1, 2, 3, 4]);
  expect(asked).toEqual([5]);
});

it("of a busy gateway reserves what the next 10 ms will bring, and nobody waits for that", async () => {
  const { clock, take, asked } = world(1000);
  await take(5);
  clock.advance(10);
  await take(1);
  expect(asked).toEqual([5, 6]);
  clock.advance(2);
  expect(await take(4)).toEqual([0, 0, 1, 2]);
  expect(asked).toEqual([5, 6]);
  expect(await take(2)).toEqual([3, 4]);
  expect(asked).toEqual([5, 6, 6]);
});

it("leaves turns unused whose time passed more than 10 ms ago", async () => {
  const { clock, take, asked } = world(1000);
  await take(5);
  clock.advance(10);
  await take(1);
  clock.advance(100);
  expect(await take(1)).toEqual([0]);
  expect(asked).toHaveLength(3);
});

it("asks for each message of a slow bind, and for a long message, alone", async () => {
  const slow = world(50);
  for (let i = 0; i < 3; i++) await slow.take(2);
  expect(slow.asked).toEqual([1, 1, 1, 1, 1, 1]);
  const { ahead, request, asked } = world(1000);
  await ahead.reserve({ ...request, messages: 3 });
  expect(asked).toEqual([3]);
});

it("says to all that wait that the bind is full, and asks again for the next", async () => {
  const { ahead, request, refuse, asked } = world(1000);
  refuse(true);
  const all = await Promise.all([ahead.reserve(request), ahead.reserve(request)]);
  expect(all).toEqual(Array.from({ length: 2 }, () => ({ kind: "full", retryAfterMs: 7 })));
  refuse(false);
  expect(await ahead.reserve(request)).toMatchObject({ kind: "taken" });
  expect(asked).toEqual([2, 1]);
});
