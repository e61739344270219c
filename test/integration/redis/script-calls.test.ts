/** Scripts over the connection of an ioredis client, beside the client's own commands. */
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createScriptCalls, knownScript, type ScriptCalls } from "../../../src/redis/script-calls.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
let client: Redis;
let calls: ScriptCalls;
const echo = knownScript("return { KEYS[1], ARGV[1], #ARGV[1], false }");
/** Redis answers nobody for so long. */
const pause = (ms: number) => client.client("PAUSE", ms);

beforeAll(async () => {
  const { url } = await runtime.redis();
  client = new Redis(url, { enableOfflineQueue: false, socketTimeout: 3000, maxRetriesPerRequest: 0 });
  calls = createScriptCalls(client, 200, () => undefined);
  await new Promise((resolve) => client.once("ready", resolve));
});
afterAll(() => client.quit());

it("a script that Redis lost is sent again", async () => {
  expect(await calls.call(echo, "a", ["one"])).toEqual(["a", "one", 3, null]);
  await client.script("FLUSH");
  expect(await calls.call(echo, "b", ["two"])).toEqual(["b", "two", 3, null]);
});

it("each answer comes to its own question, scripts and the client's own commands alike", async () => {
  const asked = Array.from({ length: 500 }, (_, index) => {
    const text = `${"ä".repeat(index * 20)}${index}`;
    return index % 3 === 0
      ? client.echo(text).then((answer) => [answer, text])
      : calls.call(echo, "key", [text]).then((answer) => [(answer as unknown[])[1], text]);
  });
  for (const [answer, text] of await Promise.all(asked)) expect(answer).toBe(text);
});

it("an error of Redis is that of its call alone", async () => {
  const broken = calls.call(knownScript("return redis.call('HGET', KEYS[1])"), "key", []);
  const fine = calls.call(echo, "key", ["x"]);
  await expect(broken).rejects.toThrow(/Wrong number of args/);
  expect(await fine).toEqual(["key", "x", 1, null]);
});

it("a call without an answer in time is refused then, and a late answer is that of no other call", async () => {
  const began = performance.now();
  await pause(400);
  const late = [calls.call(echo, "key", ["late"]), calls.call(echo, "key", ["later"])];
  for (const call of late) await expect(call).rejects.toThrow(/timed out/);
  expect(performance.now() - began).toBeLessThan(390);
  // Sent before Redis answers the first ones.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await calls.call(echo, "key", ["next"])).toEqual(["key", "next", 4, null]);
});

it("a call that was refused for its time is not sent again where Redis does not know its script", async () => {
  const write = knownScript("return redis.call('INCR', KEYS[1])");
  expect(await calls.call(write, "count", [])).toBe(1);
  await client.script("FLUSH");
  await pause(400);
  await expect(calls.call(write, "count", [])).rejects.toThrow(/timed out/);
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(await calls.call(echo, "key", ["x"])).toEqual(["key", "x", 1, null]);
  expect(await client.get("count")).toBe("1");
});

it("where the connection goes each call is refused, and works again when it is back", async () => {
  await pause(100);
  const lost = calls.call(echo, "key", ["lost"]);
  client.stream.destroy();
  await expect(lost).rejects.toThrow();
  await expect(calls.call(echo, "key", ["x"])).rejects.toThrow(/no connection/);
  await new Promise((resolve) => client.once("ready", resolve));
  expect(await calls.call(echo, "key", ["x"])).toEqual(["key", "x", 1, null]);
});
