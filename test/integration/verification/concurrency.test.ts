import { afterAll, beforeAll, expect, it } from "vitest";
import { withRuntime } from "../../support/processes.ts";
import { createWorld, refusalOf, shop, type World, wrongCode } from "./world.ts";

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

it("says verified to exactly one of 200 right checks at once", async () => {
  const { id } = await here.verifications.start(shop, { to: somebody() }, null);
  const { code } = here.lastCall();
  const { evaluated, refused } = await checkAtOnce(id, 200, () => code);
  expect(evaluated).toEqual([{ id, status: "verified", valid: true, checksLeft: 2 }]);
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
