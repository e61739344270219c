/** The one judgement of a cell, for files, databases and the API. */
import { suggestionsFor } from "../lookup/suggestions.ts";
import { createCarrierNames } from "../networks/carrier-names.ts";
import { createNumbers } from "../numbers.ts";
import type { NumberFacts } from "../types.ts";
import type { CleaningPolicy, CleaningReason, JudgeCell, JudgedCell } from "./ports.ts";
import { spreadsheetValue, withoutZeroFraction } from "./spreadsheet-values.ts";

const reasons = { rounded: "number_rounded", date: "number_is_date" } as const satisfies Record<string, CleaningReason>;

/** @returns the judge of a policy; it keeps nothing of cells */
export function createJudge(policy: CleaningPolicy): JudgeCell {
  const numbers = createNumbers(policy.numbers);
  const carriers = createCarrierNames();

  function reasonOf({ refusal }: Pick<NumberFacts, "refusal">): CleaningReason | null {
    if (refusal === null || (refusal.code === "number_is_landline" && policy.keepLandlines)) return null;
    return refusal.code;
  }

  return (cell, country = policy.country) => {
    const text = trimmed(cell);
    const made = spreadsheetValue(text);
    if (made !== null) return unread(reasons[made]);
    const input = withoutZeroFraction(text);
    const usual = numbers.usual(input, country, null);
    if (usual !== null) {
      const { e164: number, type } = usual;
      const network = carriers.of(number);
      return { number, reason: reasonOf(usual), suggestion: null, type, country: usual.country, network };
    }
    const facts = numbers.unusual(input, country, null);
    const reason = reasonOf(facts);
    const [suggestion] =
      reason === null ? [] : suggestionsFor({ input, country, bounds: null, languages: [] }, facts, numbers);
    return {
      ...{ number: facts.e164, reason, suggestion: suggestion?.number ?? null },
      ...{ type: facts.type, country: facts.country },
      network: facts.e164 === null ? null : carriers.of(facts.e164),
    };
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
