/** Commands of one turn go to Redis in one piece: at its end, or as soon as something must not overtake them. */
import type { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isAwaited, otherScripts, verificationScripts } from "../../../src/redis/script-names.ts";
import { createTogether, type Together } from "../../../src/redis/together.ts";

let did: string[];
let together: Together;
let nowMs: number;
const client = (status = "ready") =>
  ({ status, stream: { cork: () => did.push("cork"), uncork: () => did.push("uncork") } }) as unknown as Redis;
const send = () => void did.push("send");
const turn = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  did = [];
  nowMs = 1000;
  together = createTogether(() => nowMs);
});

afterEach(() => void vi.useRealTimers());

test("all of a turn at its end", async () => {
  together.add(client(), send);
  together.add(client(), send);
  expect(did).toEqual(["cork"]);
  await turn();
  expect(did).toEqual(["cork", "send", "uncork"]);
});

test("what waits leaves the process at once where it must, and what comes after that at the end of the turn", async () => {
  together.add(client(), send);
  together.flush();
  expect(did).toEqual(["cork", "send", "uncork"]);
  together.flush();
  together.add(client(), send);
  expect(did.slice(3)).toEqual(["cork"]);
  await turn();
  await turn();
  expect(did.slice(3)).toEqual(["cork", "send", "uncork"]);
});

test("nothing waits for a connection that is not there", async () => {
  together.add(client("reconnecting"), send);
  together.flush();
  await turn();
  expect(did).toEqual([]);
});

test("twenty turns are sent at once; under load those of 2 ms go together, and all of them go", async () => {
  const sent = () => did.filter((what) => what === "send").length;
  for (let i = 1; i <= 20; i++) {
    together.add(client(), send);
    await turn();
    expect(sent()).toBe(i);
  }
  together.add(client(), send);
  await turn();
  together.add(client(), send);
  await turn();
  expect(sent()).toBe(20);
  vi.advanceTimersByTime(2);
  expect(sent()).toBe(21);
  nowMs += 2;
  await turn();
  expect(sent()).toBe(21);
});

test("under load what eight clients wait for waits for no time: of one command, of one turn or of several", async () => {
  const check = () => {
    together.add(client(), send);
    together.hurry(1);
  };
  for (let i = 0; i < 20; i++) {
    together.add(client(), send);
    together.flush();
  }
  did = [];
  for (let i = 0; i < 8; i++) check();
  await turn();
  expect(did).toEqual(["cork", "send", "uncork"]);
  did = [];
  together.add(client(), send);
  together.hurry(8);
  await turn();
  expect(did).toEqual(["cork", "send", "uncork"]);
  did = [];
  for (let i = 0; i < 7; i++) check();
  for (let i = 0; i < 20; i++) together.add(client(), send);
  await turn();
  expect(did).toEqual(["cork"]);
  check();
  expect(did).toEqual(["cork"]);
  await turn();
  expect(did).toEqual(["cork", "send", "uncork"]);
  vi.advanceTimersByTime(5);
  expect(did).toHaveLength(3);
});

test("after a quiet time a turn is sent at its end again", async () => {
  for (let i = 0; i < 20; i++) {
    together.add(client(), send);
    together.flush();
  }
  nowMs += 2;
  did = [];
  together.add(client(), send);
  await turn();
  expect(did).toEqual(["cork", "send", "uncork"]);
});

test("what must leave at once does so under load too, and is sent once", async () => {
  for (let i = 0; i < 20; i++) {
    together.add(client(), send);
    together.flush();
  }
  did = [];
  together.add(client(), send);
  await turn();
  expect(did).toEqual(["cork"]);
  together.flush();
  expect(did).toEqual(["cork", "send", "uncork"]);
  vi.advanceTimersByTime(5);
  expect(did).toEqual(["cork", "send", "uncork"]);
});

test("clients wait for checks, the guard, time on a bind and the starts of channels, and for no other script", () => {
  const awaited = [...verificationScripts, ...otherScripts].filter(isAwaited);
  expect(awaited.sort()).toEqual(["check", "guard_decide", "reserve_bind"]);
  expect(["missed_call.start", "sms.start"].filter(isAwaited)).toHaveLength(2);
});
