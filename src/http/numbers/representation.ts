/** A number's look-up result in JSON. */
import type { Static } from "typebox";
import type { LookupResult } from "../../numbers/lookup/types.ts";
import { healthBody } from "./health-schema.ts";
import { liveBody } from "./live-schema.ts";
import { networkBody } from "./network-schema.ts";
import type { NumberBody } from "./schemas.ts";

export function numberBody(result: LookupResult): Static<typeof NumberBody> {
  const { facts, message, suggestions, network, health, live, metadata } = result;
  return {
    number: facts.e164,
    valid: facts.valid,
    possible: facts.possible,
    reason: facts.refusal?.code ?? null,
    cause: facts.refusal?.cause ?? null,
    message,
    suggestions: [...suggestions],
    type: facts.type,
    country: facts.country,
    national: facts.national,
    international: facts.international,
    rfc3966: facts.rfc3966,
    callable: facts.callable,
    network: networkBody(network),
    health: healthBody(health),
    live: liveBody(live),
    metadata,
  };
}
