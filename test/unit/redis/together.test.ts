/** Commands of one turn go to Redis in one piece: at its end, or as soon as something must not overtake them. */
import type { Redis } from "ioredis";
import { beforeEach, expect, test } from "vitest";
import { createTogether, type Together } from "../../../src/redis/together.ts";

let did: string[];
let together: Together;
const client = (status = "ready") =>
  ({ status, stream: { cork: () => did.push("cork"), uncork: () => did.push("uncork") } }) as unknown as Redis;
const send = () => void did.push("send");
const turn = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  did = [];
  together = createTogether();
});

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
