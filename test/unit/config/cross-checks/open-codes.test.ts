/** Codes that are open at once: what `onering check` says where Redis would have to void one of them. */
import { describe, expect, test } from "vitest";
import { examineConfig } from "../../../../src/commands/check.ts";
import { tooEasyTogether } from "../../../../src/verification/open-odds.ts";
import { testConfig } from "../../../support/test-config.ts";

const sms = {
  routes: { acme: { smpp: { binds: { a: { host: "smsc.example", system_id: "onering", password: "s3cr3t-x" } } } } },
  prefixes: [{ prefix: "+", routes: ["acme"] }],
};
const workflow = [{ channel: "missed_call" }, { channel: "sms" }];
const shop = { api_keys_sha256: ["ab".repeat(32)] };

const notes = (sections: Readonly<Record<string, unknown>>) =>
  examineConfig(testConfig({ sms, ...sections })).filter(({ what }) => what.includes("open at once"));

describe("the rule", () => {
  const code = (channel: string, length: number, odds: number) => ({ channel, length, odds });
  test.each([
    ["one code at the limit", [code("missed_call", 4, 1e-4)], null],
    ["two codes of different lengths", [code("missed_call", 4, 1e-4), code("sms", 6, 1e-6)], null],
    ["two of one length", [code("missed_call", 4, 1e-4), code("sms", 4, 1e-4)], 0.002],
    ["two of one length that are hard enough", [code("missed_call", 8, 1e-8), code("sms", 8, 1e-8)], null],
    ["no code", [], null],
  ])("%s", (_, open, probability) => {
    const found = tooEasyTogether(open, 10, 0.001);
    if (probability === null) expect(found).toBeNull();
    else expect(found?.probability).toBeCloseTo(probability, 12);
  });
});

describe("onering check", () => {
  test("a call's four digits and a message's six are compared with different guesses: nothing to say", () => {
    expect(notes({ verification: { workflow } })).toEqual([]);
  });

  test("codes of the same length that add up to too much are named with the workflow, the odds and a way out", () => {
    const found = notes({ verification: { workflow, message_code_length: 4 } });
    expect(found).toEqual([
      {
        level: "hint",
        what: "verification.workflow: open at once, the codes of missed_call and sms (4 digits each) are found by 10 wrong checks with probability 0.2 %, above max_guess_probability (0.1 %): the later delivery voids the older code",
        fix: expect.stringContaining("another length than 4"),
      },
    ]);
  });

  test("an app's own workflow is examined too, and a gateway without one by what a person may choose", () => {
    const apps = { shop: { ...shop, workflow } };
    const verification = { message_code_length: 4 };
    expect(notes({ apps, verification }).map(({ what }) => what.split(":")[0])).toEqual([
      "Channels that a person may choose",
      "apps.shop.workflow",
    ]);
  });

  test("fewer wrong checks leave both codes open", () => {
    const few = { wrong_checks_per_callee: 5, max_checks: 3 };
    expect(notes({ verification: { workflow, message_code_length: 4, ...few } })).toEqual([]);
  });

  test("a workflow of messages has one code, of calls another one each time that voids the one before", () => {
    const of = (...names: string[]) =>
      notes({ verification: { workflow: names.map((channel) => ({ channel })), message_code_length: 4 } });
    expect(of("sms", "sms")).toEqual([]);
    expect(of("missed_call", "missed_call")).toEqual([]);
  });
});
