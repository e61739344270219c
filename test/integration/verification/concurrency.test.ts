import { afterAll, beforeAll, expect, it } from "vitest";
import { withRuntime } from "../../support/processes.ts";
import { createWorld, refusalOf, secondCallGapMs, shop, type World, wrongCode } from "./world.ts";

const runtime = withRuntime();
let here: World;
let there: World;
let number = 0;
const somebody = () => `+4477008${String(number++).padStart(5, "0")}`;

beforeAll(async () => {
  const { url } = await runtime.redis();
  here = createWorld({ redis: { url, command_timeout_ms: 10_000 } });
  there = createWorld({ redis: { url, command_timeout_ms: 10_000 }, clock: here.clock });
  await here.ready();
  await there.ready();
});
afterAll(async () => {
  await here.close();
  await there.close();
});

/** The answers of `count` checks at once, from two gateways in turn. */
async function checkAtOnce(id: string, count: number, codeOf: (i: number) => string) {
  const checks = Array.from({ length: count }, (_, i) =>
    (i % 2 === 0 ? here : there).verifications.check(shop, id, { code: codeOf(i) }),
  );
  const answers = await Promise.allSettled(checks);
  return {
    evaluated: answers.filter((answer) => answer.status === "fulfilled").map(({ value }) => value),
    refused: answers.filter((answer) => answer.status === "rejected").map(({ reason }) => reason.code as string),
  };
}

it("compares exactly max_checks of 1,000 wrong checks at once", async () => {
  const { id } = await here.verifications.start(shop, { to: somebody() }, null);
  const right = Number(here.lastCall().code);
  const { evaluated, refused } = await checkAtOnce(id, 1000, (i) => String((right + 1 + i) % 1e6).padStart(6, "0"));
  expect(evaluated.map(({ checksLeft }) => checksLeft).sort()).toEqual([0, 1, 2]);
  expect(evaluated.every(({ valid }) => !valid)).toBe(true);
  expect(new Set(refused)).toEqual(new Set(["verification_ended"]));
  expect(refused).toHaveLength(997);
});

it("finds the right code among 1,000 guesses at once only where it is among the first three", async () => {
  const { id } = await here.verifications.start(shop, { to: somebody() }, null);
  const { code } = here.lastCall();
  const { evaluated } = await checkAtOnce(id, 1000, (i) => (i === 999 ? code : wrongCode(code)));
  expect(evaluated).toHaveLength(3);
  expect((await here.verifications.get(shop, id)).status).toBe("failed");
});

it("compares exactly max_checks of 1,000 wrong checks at once of a code of two calls", async () => {
  const { id } = await here.verifications.start(shop, { to: somebody(), calls: 2 }, null);
  await here.ringFirst();
  const right = here.placed
    .slice(-2)
    .map(({ code }) => code)
    .join("");
  const { evaluated, refused } = await checkAtOnce(id, 1000, (i) =>
    String((Number(right) + 1 + i) % 1e12).padStart(12, "0"),
  );
  expect(evaluated.map(({ checksLeft }) => checksLeft).sort()).toEqual([0, 1, 2]);
  expect(new Set(refused)).toEqual(new Set(["verification_ended"]));
});

it("never has two calls to one callee up at once, though each takes two and many are wanted", async () => {
  const to = somebody();
  for (let round = 0; round < 5; round++) {
    const before = [here, there].map(({ placed }) => placed.length);
    const starts = Array.from({ length: 20 }, (_, i) =>
      (i % 2 === 0 ? here : there).verifications.start(shop, { to, calls: 2 }, null),
    );
    const answers = await Promise.allSettled(starts);
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(round < 2 ? 1 : 0);
    const world = [here, there].find(({ placed }, i) => placed.length > (before[i] ?? 0));
    if (!world) continue;
    expect(here.placed.length + there.placed.length - (before[0] ?? 0) - (before[1] ?? 0)).toBe(1);
    await world.ringOut();
    const between = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? there : here).verifications.start(shop, { to }, null)),
    );
    expect(between.every(({ status }) => status === "rejected")).toBe(true);
    const placed = world.placed.length;
    world.clock.advance(secondCallGapMs);
    await expect.poll(() => world.placed).toHaveLength(placed + 1);
    await world.ringOut();
    world.clock.advance(20_000);
  }
});

it("says verified to exactly one of 200 right checks at once", async () => {
  const { id } = await here.verifications.start(shop, { to: somebody() }, null);
  const { code } = here.lastCall();
  const { evaluated, refused } = await checkAtOnce(id, 200, () => code);
  expect(evaluated).toMatchObject([{ id, status: "verified", valid: true, checksLeft: 2 }]);
  expect(refused).toEqual(Array(199).fill("verification_ended"));
});

it("places one call where 50 starts for one callee come at once", async () => {
  const to = somebody();
  const before = here.placed.length + there.placed.length;
  const starts = Array.from({ length: 50 }, (_, i) =>
    (i % 2 === 0 ? here : there).verifications.start(shop, { to }, null),
  );
  const answers = await Promise.allSettled(starts);
  expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(here.placed.length + there.placed.length - before).toBe(1);
});

it("places one call where 50 resends come at once", async () => {
  const { id } = await here.verifications.start(shop, { to: somebody() }, null);
  await here.ringOut();
  here.clock.advance(15_000);
  const before = here.placed.length + there.placed.length;
  const answers = await Promise.allSettled(
    Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? here : there).verifications.resend(shop, id)),
  );
  expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(here.placed.length + there.placed.length - before).toBe(1);
});

it("answers 50 requests with one Idempotency-Key at once by one call and one answer", async () => {
  const to = somebody();
  const before = here.placed.length + there.placed.length;
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? here : there).verifications.start(shop, { to }, "key-1")),
  );
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(here.placed.length + there.placed.length - before).toBe(1);
});

it("refuses a second right check after the first", async () => {
  const { id } = await here.verifications.start(shop, { to: somebody() }, null);
  const { code } = here.lastCall();
  await here.verifications.check(shop, id, { code });
  expect(await refusalOf(there.verifications.check(shop, id, { code }))).toMatchObject({ code: "verification_ended" });
});
