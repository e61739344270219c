/** A number's look-up result in JSON. */
import type { Static } from "typebox";
import type { NumberFacts } from "../../numbers/types.ts";
import type { NumberBody } from "./schemas.ts";

export function numberBody(facts: NumberFacts): Static<typeof NumberBody> {
  return {
    number: facts.e164,
    valid: facts.valid,
    possible: facts.possible,
    reason: facts.refusal?.code ?? null,
    type: facts.type,
    country: facts.country,
    national: facts.national,
    international: facts.international,
    callable: facts.callable,
    health: null,
  };
}
