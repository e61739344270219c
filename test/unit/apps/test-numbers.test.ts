import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { createAppDirectory } from "../../../src/apps/directory.ts";
import { createKeptApps } from "../../../src/apps/index.ts";
import { appBody } from "../../../src/apps/representation.ts";
import { createTestNumbers } from "../../../src/apps/test-numbers.ts";
import { testNumberProblems } from "../../../src/apps/test-numbers-checks.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { createSealing } from "../../../src/verification/sealing.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { memoryApps } from "../../support/memory-app-store.ts";

const code = "493817";
const until = "2027-12-31";
const during = Date.parse("2027-12-31T23:59:59Z");

describe("a test number is found", () => {
  const numbers = createTestNumbers([
    { number: "+44 7700 900123", code, until },
    { number: "Ana@Example.com", code, outcome: "busy", until },
  ]);

  test.each([
    ["+447700900123", null],
    ["+44 (7700) 900 123", null],
    ["07700 900123", "GB"],
  ])("as %s", (to, country) => {
    const found = { to: "+447700900123", country: "GB", code, outcome: "delivered" };
    expect(numbers.find(to, country, during)).toMatchObject(found);
  });

  test("by its address, however it is spelled", () => {
    expect(numbers.find("ANA@example.COM", null, during)).toMatchObject({ to: "ana@example.com", outcome: "busy" });
  });

  test("to the end of its last day, and not after it", () => {
    expect(numbers.find("+447700900123", null, during)).not.toBeNull();
    expect(numbers.find("+447700900123", null, during + 1000)).toBeNull();
  });

  test("and no other", () => {
    expect(numbers.find("+447700900124", null, during)).toBeNull();
  });
});

describe("a configuration is refused", () => {
  const problems = (number: string, more: object = {}, any = false) =>
    testNumberProblems(["apps", "shop", "test_numbers"], [{ number, code, until, ...more }], any).map(({ path }) =>
      path.slice(3).join("."),
    );

  test("where somebody could have the number, unless the operator permits it", () => {
    expect(problems("+447400123456")).toEqual(["0.number"]);
    expect(problems("ana@shop.com")).toEqual(["0.number"]);
    expect(problems("fcm:token")).toEqual(["0.number"]);
    expect(problems("+447400123456", {}, true)).toEqual([]);
    for (const address of ["ana@example.com", "ana@mail.example.org", "ana@shop.test"])
      expect(problems(address)).toEqual([]);
  });

  test("where its end is no day, or it is there twice", () => {
    expect(problems("+447700900123", { until: "2027-02-30" })).toEqual(["0.until"]);
    const twice = ["+447700900123", "+44 7700 900123"].map((number) => ({ number, code, until }));
    expect(testNumberProblems([], twice, false)).toHaveLength(1);
  });

  test("without the code in the message", () => {
    expect(JSON.stringify(testNumberProblems([], [{ number: "+447400123456", code, until }], false))).not.toContain(
      code,
    );
  });
});

test("codes of apps that are kept are sealed, in no answer and no audit log, and work", async () => {
  const memory = memoryApps();
  const clock = new ManualClock();
  const sealing = createSealing(cryptoRandom, "a key that only this test has, of 32 characters and more");
  const directory = createAppDirectory({ configured: {}, clock, sealing });
  const audited: unknown[] = [];
  const apps = createKeptApps({
    ...{ directory, store: memory.store, mirror: memory.mirror, isRecording: true, keptDays: 90 },
    audit: {
      async act(_act, run) {
        const done = await run();
        audited.push(done.before, done.after);
        return done.result;
      },
    },
    problemsOf: () => [],
    removeRest: async () => undefined,
    ...{ clock, random: cryptoRandom, logger: pino({ level: "silent" }) },
  }).service("key 0123abcd");
  const number = "+447700900123";
  await apps.create("shop", { test_numbers: [{ number, code, until: "2099-12-31" }] });
  const changed = await apps.change("shop", { custom_code: true });

  const rows = await memory.store.update("shop", (row) => {
    if (row === null) throw new Error("the app is not there");
    return row;
  });
  expect(rows.profile?.test_numbers?.[0]?.code).toMatch(/^sealed:/);
  const shown = JSON.stringify([changed && appBody(changed), audited]);
  expect(shown).not.toContain(code);
  expect(shown).not.toContain("sealed:");
  expect(directory.profileOf("shop").testNumbers.find(number, null, clock.nowMs())).toMatchObject({ code });
});
