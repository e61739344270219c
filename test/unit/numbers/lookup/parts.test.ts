/** What a lookup asks its parts, and what is left of it where one of them has a fault. */
import { expect, it } from "vitest";
import { createLookup, type LookupParts } from "../../../../src/numbers/lookup/lookup.ts";
import { createNumbers } from "../../../../src/numbers/numbers.ts";

const numbers = createNumbers({
  ...{ allowed_countries: [], denied_countries: [], denied_prefixes: [] },
  fixed_line_or_mobile: "allow",
});
const ask = { input: "+447400123456", country: null, app: "shop", bounds: null, languages: [], live: true };
const network = { name: "Three", mccMnc: null, source: "original", ported: null } as const;
const healthy = { state: "reachable", ageDays: 0, confidence: 1, source: "call" } as const;
const live = {
  state: "reachable",
  reason: null,
  evidence: null,
  checkedAtMs: 1,
  ageMs: 0,
  retryAfterMs: null,
} as const;
const whole: LookupParts = {
  numbers,
  networks: { find: async () => network },
  health: { of: async () => healthy },
  liveCheck: { check: async () => live },
};
const fault = (): never => {
  throw new Error("a fault");
};
const unavailable = { state: "unknown", reason: "unavailable", checkedAtMs: null };

it.each([
  ["network", { networks: { find: fault } }, { network: null, health: healthy, live }],
  ["health", { health: { of: () => Promise.reject(new Error("a fault")) } }, { network, health: null, live }],
  ["live", { liveCheck: { check: fault } }, { network, health: healthy, live: unavailable }],
])("a fault in the part %s leaves the rest of the lookup", async (_, part, rest) => {
  expect(await createLookup({ ...whole, ...part }).look(ask)).toMatchObject({ facts: { valid: true }, ...rest });
});
