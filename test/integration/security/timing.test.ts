/**
 * Whether the time of an answer tells of another app's verification. A clock on a busy machine proves nothing, so it is measured
 * offline: `npm run timings` prints the share of pairs in which the one took longer; 50 % is no difference.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withRuntime } from "../../support/processes.ts";
import { type SecurityWorld, startSecurityWorld } from "./world.ts";

const pairs = Number(process.env.TIMINGS);
const warmUp = 200;
/** Of 4,000 pairs that differ by chance alone, 99.99 % of runs are within 3 points of 50 %. */
const byChance = 0.03;
/**
 * Redis reads some fields of a record that is there: some microseconds. They tell of an id to whoever has that id, which is 132
 * random bits and cannot be found by asking.
 */
const ofAnId = 0.1;

describe("the time of an answer to another app", () => {
  const runtime = withRuntime();
  let world: SecurityWorld;

  beforeAll(async () => {
    world = await startSecurityWorld((await runtime.redis()).url);
  });
  afterAll(() => world.stop());

  test.each([
    ["GET /v1/verifications/:id", (id: string) => ["GET", `/v1/verifications/${id}`, undefined] as const],
    ["a check by id", (id: string) => ["POST", `/v1/verifications/${id}/check`, { code: "000000" }] as const],
    ["a cancel", (id: string) => ["POST", `/v1/verifications/${id}/cancel`, undefined] as const],
    [
      "a check by number",
      (_id: string, to: string) => ["POST", "/v1/verifications/check", { to, code: "000000" }] as const,
    ],
    ["a search by number", (_id: string, to: string) => ["POST", "/v1/verifications/search", { to }] as const],
  ])("%s does not tell of it", { timeout: 300_000 }, async (name, request) => {
    const open = world.nextCallee();
    const theirs = await world.started(open);
    const [never, nobody] = [`${theirs.slice(0, -1)}${theirs.endsWith("A") ? "B" : "A"}`, world.nextCallee()];
    const timed = async (id: string, to: string) => {
      const [method, path, body] = request(id, to);
      const began = performance.now();
      await world.ask(method, path, world.as.bank, body);
      return performance.now() - began;
    };
    let longer = 0;
    const times: [number, number][] = [];
    for (let n = -warmUp; n < pairs; n++) {
      // In turn, so that what the machine does beside it falls on both alike.
      const first = n % 2 === 0;
      const one = await (first ? timed(theirs, open) : timed(never, nobody));
      const other = await (first ? timed(never, nobody) : timed(theirs, open));
      if (n < 0) continue;
      const pair: [number, number] = first ? [one, other] : [other, one];
      times.push(pair);
      if (pair[0] > pair[1]) longer++;
    }
    const median = (at: 0 | 1) => times.map((pair) => pair[at]).sort((a, b) => a - b)[pairs >> 1] ?? 0;
    const share = longer / pairs;
    process.stdout.write(
      `${name}: ${(share * 100).toFixed(1)} % of ${pairs} pairs took longer for another app's; medians ${median(0).toFixed(3)} and ${median(1).toFixed(3)} ms\n`,
    );
    expect(Math.abs(share - 0.5)).toBeLessThan(name.endsWith("by number") ? byChance : ofAnId);
  });
});
