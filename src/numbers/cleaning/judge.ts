/** The one judgement of a cell, for files, databases and the API. */
import { createNumbers } from "../numbers.ts";
import type { CleaningPolicy, CleaningReason, JudgeCell, JudgedCell } from "./ports.ts";
import { spreadsheetValue, withoutZeroFraction } from "./spreadsheet-values.ts";

const reasons = { rounded: "number_rounded", date: "number_is_date" } as const satisfies Record<string, CleaningReason>;

/** @returns the judge of a policy; it keeps nothing between cells */
export function createJudge(policy: CleaningPolicy): JudgeCell {
  const numbers = createNumbers(policy.numbers);
  return (cell, country = policy.country) => {
    const text = trimmed(cell);
    const made = spreadsheetValue(text);
    if (made !== null) return unread(reasons[made]);
    const facts = numbers.examine(withoutZeroFraction(text), country, null);
    const { refusal, type } = facts;
    const kept = refusal?.code === "number_is_landline" && policy.keepLandlines;
    const reason = refusal === null || kept ? null : refusal.code;
    return { number: facts.e164, reason, suggestion: null, type, country: facts.country, network: null };
  };
}

/** Spaces around it, and the apostrophe by which spreadsheets mark a text, as our own output does: `'+62812…`. */
function trimmed(cell: string): string {
  const text = cell.trim();
  return text.startsWith("'") ? text.slice(1).trimStart() : text;
}

function unread(reason: CleaningReason): JudgedCell {
  return { number: null, reason, suggestion: null, type: "unknown", country: null, network: null };
}
