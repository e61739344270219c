/** Scripts over the connection of an ioredis client, beside the client's own commands. */
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { knownScript } from "../../../src/redis/known-script.ts";
import { tidyLibraries } from "../../../src/redis/libraries.ts";
import { libraryOf } from "../../../src/redis/library-text.ts";
import { createScriptCalls, type ScriptCalls } from "../../../src/redis/script-calls.ts";
import { createTogether } from "../../../src/redis/together.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
let client: Redis;
/** Of the tests alone: Redis answers it while scripts wait. */
let other: Redis;
let calls: ScriptCalls;
const known = (body: string) => {
  const script = `#!lua\n${body}`;
  return knownScript({ script, library: libraryOf(script) });
};
const echo = known("return { KEYS[1], ARGV[1], #ARGV[1], false }");
/** Long beside what an answer takes on a busy machine, so that only what waits for it waits for nothing else. */
const timeoutMs = 1000;
/** Redis runs no script from here on, until `resume`. */
const pause = () => other.client("PAUSE", 60_000, "WRITE");
const resume = () => other.client("UNPAUSE");

beforeAll(async () => {
  const { url } = await runtime.redis();
  client = new Redis(url, { enableOfflineQueue: false, socketTimeout: 10_000, maxRetriesPerRequest: 0 });
  other = new Redis(url);
  calls = createScriptCalls(client, timeoutMs, createTogether());
  await new Promise((resolve) => client.once("ready", resolve));
});
afterAll(async () => {
  await client.quit();
  await other.quit();
});

/** How often Redis ran this command since the last reset. */
async function ran(command: string): Promise<number> {
  const stats = await client.info("commandstats");
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

it("a script is called as a function, which is loaded once, and again where Redis lost it", async () => {
  await client.config("RESETSTAT");
  const first = [calls.call(echo, "a", ["one"]), calls.call(echo, "b", ["two"])];
  expect(await Promise.all(first)).toEqual([
    ["a", "one", 3, null],
    ["b", "two", 3, null],
  ]);
  await client.call("FUNCTION", "FLUSH");
  expect(await calls.call(echo, "c", ["three"])).toEqual(["c", "three", 5, null]);
  expect(await ran("function\\|load")).toBe(2);
  expect(await ran("eval")).toBe(0);
});

it("a command goes in the order of the calls, and its failure is its own", async () => {
  const before = calls.call(echo, "a", ["one"]);
  const set = calls.command(["HSET", "{t}:hash", "field", "w\u00fcrde", "count", 7]);
  const wrong = calls.command(["XRANGE", "{t}:hash", "-", "+"]);
  wrong.catch(() => undefined);
  const read = calls.command(["HMGET", "{t}:hash", "field", "count", "none"]);
  expect(await before).toEqual(["a", "one", 3, null]);
  expect(await set).toBe(2);
  await expect(wrong).rejects.toThrow(/WRONGTYPE/);
  expect(await read).toEqual(["w\u00fcrde", "7", null]);
  await client.del("{t}:hash");
});

it("a user without the right to functions runs scripts, also where Redis lost them", async () => {
  await client.acl("SETUSER", "plain", "on", "nopass", "~*", "+@all", "-fcall", "-function");
  const plain = new Redis(client.options.port ?? 0, { username: "plain", password: "x", enableOfflineQueue: false });
  try {
    const own = createScriptCalls(plain, timeoutMs, createTogether());
    await new Promise((resolve) => plain.once("ready", resolve));
    const first = [own.call(echo, "a", ["one"]), own.call(echo, "b", ["two"])];
    expect(await Promise.all(first)).toEqual([
      ["a", "one", 3, null],
      ["b", "two", 3, null],
    ]);
    await client.script("FLUSH");
    expect(await own.call(echo, "c", ["three"])).toEqual(["c", "three", 5, null]);
  } finally {
    plain.disconnect();
  }
});

it("a function that may not be loaded is run as a script", async () => {
  await client.call("FUNCTION", "FLUSH");
  await client.acl("SETUSER", "reader", "on", "nopass", "~*", "+@all", "-function");
  const reader = new Redis(client.options.port ?? 0, { username: "reader", password: "x", enableOfflineQueue: false });
  try {
    const own = createScriptCalls(reader, timeoutMs, createTogether());
    await new Promise((resolve) => reader.once("ready", resolve));
    const asked = Array.from({ length: 20 }, (_, index) => own.call(echo, "k", [`${index}`]));
    for (const [index, answer] of (await Promise.all(asked)).entries()) expect(answer).toContain(`${index}`);
  } finally {
    reader.disconnect();
  }
});

it("libraries of other versions are removed where they are many, and a gateway that uses one loads it again", async () => {
  const names = async () => JSON.stringify(await client.call("FUNCTION", "LIST"));
  const others = Array.from({ length: 251 }, (_, index) => libraryOf(`#!lua\nreturn ${index}`));
  const [first, ...rest] = others;
  const load = (text = "") => client.call("FUNCTION", "LOAD", "REPLACE", text);
  await calls.call(echo, "key", ["x"]);
  for (const { text } of rest) await load(text);
  await tidyLibraries(client, () => new Set([echo.library]));
  expect(await names()).toContain(rest[0]?.name);
  await load(first?.text);
  await tidyLibraries(client, () => new Set([echo.library]));
  for (const { name } of others) expect(await names()).not.toContain(name);
  expect(await names()).toContain(echo.library);
  for (const { text } of others) await load(text);
  await tidyLibraries(client, () => new Set());
  expect(await names()).not.toContain(echo.library);
  expect(await calls.call(echo, "key", ["x"])).toEqual(["key", "x", 1, null]);
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
  const broken = calls.call(known("return redis.call('HGET', KEYS[1])"), "key", []);
  const fine = calls.call(echo, "key", ["x"]);
  await expect(broken).rejects.toThrow(/Wrong number of args/);
  expect(await fine).toEqual(["key", "x", 1, null]);
});

it("a call without an answer in time is refused then, and a late answer is that of no other call", async () => {
  await pause();
  const late = [calls.call(echo, "key", ["late"]), calls.call(echo, "key", ["later"])];
  for (const call of late) await expect(call).rejects.toThrow(/timed out/);
  // Sent before Redis answers the first ones.
  const next = calls.call(echo, "key", ["next"]);
  await resume();
  expect(await next).toEqual(["key", "next", 4, null]);
});

it("a call that was refused for its time is not sent again where Redis does not know its script", async () => {
  const write = known("return redis.call('INCR', KEYS[1])");
  expect(await calls.call(write, "count", [])).toBe(1);
  await client.call("FUNCTION", "FLUSH");
  await pause();
  await expect(calls.call(write, "count", [])).rejects.toThrow(/timed out/);
  await resume();
  // Answered after the first one, and what would be sent again is sent before the last command.
  expect(await calls.call(echo, "key", ["x"])).toEqual(["key", "x", 1, null]);
  expect(await client.get("count")).toBe("1");
});

it("where the connection goes each call is refused, and works again when it is back", async () => {
  const isBack = new Promise((resolve) => client.once("ready", resolve));
  await pause();
  const lost = calls.call(echo, "key", ["lost"]);
  client.stream.destroy();
  await expect(lost).rejects.toThrow();
  await expect(calls.call(echo, "key", ["x"])).rejects.toThrow(/no connection/);
  await resume();
  await isBack;
  expect(await calls.call(echo, "key", ["x"])).toEqual(["key", "x", 1, null]);
});
