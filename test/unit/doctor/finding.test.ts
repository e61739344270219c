import { expect, test } from "vitest";
import { conclusion, describe, fail, hint, ok, warn } from "../../../src/doctor/finding.ts";

const good = [ok("Redis answers"), hint("the capture has a source", "see that it sends")];
const warned = warn("AMI refuses the user", "compare the password");
const failed = fail("no trunk is up", "register it");

test("doctor said Ready, and no word of the warnings that had scrolled away", () => {
  expect(conclusion(good)).toBe("Ready.");
  expect(conclusion([...good, warned])).toBe("Ready, with 1 warning above.");
  expect(conclusion([warned, ...good, warned])).toBe("Ready, with 2 warnings above.");
});

test("findings that ask for something were labelled ok", () => {
  expect(describe(hint("its limit is not known", "look at it"))).toBe(
    " hint  its limit is not known\n       → look at it\n",
  );
  expect(describe(ok("Redis answers"))).toBe("  ok   Redis answers\n");
});

test("what must be fixed first is counted alone", () => {
  expect(conclusion([...good, failed])).toBe("1 problem found.");
  expect(conclusion([failed, warned, failed])).toBe("2 problems found.");
});
