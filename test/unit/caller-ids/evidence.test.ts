import { expect, it } from "vitest";
import { evidenceOf } from "../../../src/caller-ids/evidence.ts";
import { type Outcome, outcomes } from "../../../src/telephony/calls/outcome.ts";

const silent: Partial<Record<Outcome, string | null>> = {
  answered: "rang",
  declined: "rang",
  rang: "silent",
  no_answer_signal: "silent",
  barred: "silent",
  caller_id_refused: "silent",
  unknown: "silent",
};

it.each(outcomes)(
  "a call that never alerted and ended as %s speaks against its caller ID only where it may",
  (outcome) => {
    expect(evidenceOf(outcome, false, null)).toBe(silent[outcome] ?? null);
  },
);

it.each(outcomes)("a call that alerted and ended as %s speaks for its caller ID", (outcome) => {
  expect(evidenceOf(outcome, true, 487)).toBe("rang");
});

it.each([607, 608])("a network's %i flags it", (status) => {
  expect(evidenceOf("caller_id_refused", false, status)).toBe("flagged");
});

it("608 flags it after alerting too; a person's 607 or 603 does not", () => {
  expect(evidenceOf("caller_id_refused", true, 608)).toBe("flagged");
  expect(evidenceOf("declined", true, 607)).toBe("rang");
  expect(evidenceOf("caller_id_refused", false, 603)).toBe("silent");
});

it("the 603+ of call analytics flags it before and after alerting; a plain 603 is no flag", () => {
  expect(evidenceOf("caller_id_refused", false, 603, true)).toBe("flagged");
  expect(evidenceOf("caller_id_refused", true, 603)).toBe("flagged");
  expect(evidenceOf("declined", true, 603)).toBe("rang");
});
