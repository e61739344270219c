/** The test numbers of an app: `apps.<name>.test_numbers`. */
import { type Static, Type } from "typebox";
import { section, text } from "../typed-yaml/parts.ts";

/** What is to become of their deliveries; docs/test-numbers.md says what each means on each channel. */
export const testOutcomes = [
  "delivered",
  "answered",
  "no_answer",
  "busy",
  "declined",
  "switched_off",
  "undeliverable",
  "capacity",
  "channel_unavailable",
] as const;
export type TestOutcome = (typeof testOutcomes)[number];

const TestNumber = section("A number whose verifications are simulated: nothing is sent.", {
  number: Type.String({
    minLength: 3,
    maxLength: 2048,
    description:
      "A phone number in E.164, or an e-mail address. One that nobody can have: set aside for films, in no range in use, or at example.com, .example, .test or .invalid. Others only with numbers.test_numbers_any.",
  }),
  code: Type.String({
    pattern: "^\\d{4,10}$",
    "x-expected": "4 to 10 digits",
    "x-secret": true,
    description:
      "The code that verifies it, 4 to 10 digits. Fixed, so keep it like a key; six digits or more where the number is known to others.",
  }),
  outcome: Type.Optional(
    Type.Unsafe<TestOutcome>({
      type: "string",
      enum: [...testOutcomes],
      default: "delivered",
      description:
        "What becomes of its deliveries. `delivered`: the code arrives. The last two refuse the start. docs/test-numbers.md says what each means on each channel.",
    }),
  ),
  until: text("^\\d{4}-\\d{2}-\\d{2}$", "a date such as 2027-12-31", {
    description: "The last day (UTC) on which it is a test number. After it the number is one like any other.",
  }),
});

/** Most of one app. */
export const mostTestNumbers = 100;

export const testNumberKeys = {
  test_numbers: Type.Optional(
    Type.Array(TestNumber, {
      maxItems: mostTestNumbers,
      description:
        "Numbers for tests, with fixed codes and scripted outcomes: nothing is sent, nothing is billed, nothing is counted, and every answer and proof says `test`.",
    }),
  ),
};

export type TestNumberConfig = Static<typeof TestNumber>;
