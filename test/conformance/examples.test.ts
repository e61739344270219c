/** Our answers for libphonenumber's example numbers, and for numbers near them, against Google's own library. */
import google from "google-libphonenumber";
import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import { afterEach, describe, expect, it } from "vitest";
import { builtInMetadata, useNumberingMetadata } from "../../src/numbers/library.ts";
import { createPlans } from "../../src/numbers/plans.ts";
import { chanceOf } from "../fuzz/dice.ts";
import { convert, type GoogleMetadata } from "./convert.ts";
import { type Disagreement, disagreementsOf, everyDisagreement, plansDiffer } from "./disagreements.ts";
import { everyExample } from "./google.ts";

/** Numbers near each example; more of them: CONFORMANCE=1000. */
const near = Number(process.env.CONFORMANCE ?? 3);
const examples = everyExample();
const theirs = convert((google as unknown as { metadata: GoogleMetadata }).metadata);

afterEach(() => useNumberingMetadata(builtInMetadata));

const unexplained = (found: readonly Disagreement[]) => found.filter(({ reason }) => reason === "unexplained");

describe("every example number of every region and type", () => {
  it("has the type, validity, country and formats that Google's library gives it, or differs for a listed reason", () => {
    expect(examples.length).toBeGreaterThan(1300);
    expect(new Set(examples.map(({ of }) => of)).size).toBeGreaterThan(250);
    expect(unexplained(everyDisagreement())).toEqual([]);
  });

  it("differs by the release of the metadata in nothing where both read the same release", () => {
    const byRelease = everyDisagreement().filter(({ reason }) => reason === "other_release");
    useNumberingMetadata({ ...builtInMetadata, plans: theirs, source: "file" });
    const still = byRelease.flatMap(disagreementsOf).filter(({ reason }) => reason === "other_release");
    expect(still).toEqual([]);
  });

  it("is answered by our compiled plans as by libphonenumber-js, where they answer", () => {
    const plans = createPlans();
    const answered = examples.filter(({ e164 }) => {
      const found = plans(e164);
      if (found === null) return false;
      const library = parsePhoneNumberFromString(e164);
      expect({ e164, country: library?.country, type: library?.getType() }).toEqual({ e164, ...found });
      return true;
    });
    expect(answered.length).toBeGreaterThan(examples.length * 0.95);
  });
});

it(`numbers near each example that either library calls valid differ for the same reasons only (${near} of each)`, () => {
  const found = examples.flatMap((example, index) =>
    Array.from({ length: near }, (_, at) => {
      const chance = chanceOf(5, index * near + at);
      const kept = example.e164.length - 1 - chance.below(6);
      const end = Array.from({ length: example.e164.length - kept }, () => chance.below(10)).join("");
      return disagreementsOf({ ...example, e164: example.e164.slice(0, kept) + end });
    }).flat(),
  );
  const valid = new Set(found.filter(({ field }) => field === "valid").map(({ e164 }) => e164));
  // Of numbers that neither calls valid nothing is promised: lengths and formats are guesses then.
  expect(unexplained(found).filter(({ e164, field }) => field === "type" || valid.has(e164))).toEqual([]);
});

it("the conversion of Google's metadata is what libphonenumber-js has, of every country whose plan did not change", () => {
  const ours = builtInMetadata.plans.countries as unknown as Readonly<Record<string, unknown>>;
  const same = Object.keys(ours).filter((country) => !plansDiffer(country));
  const converted = theirs.countries as unknown as Readonly<Record<string, unknown>>;
  expect(same.length).toBeGreaterThan(150);
  for (const country of same) expect(converted[country], country).toEqual(ours[country]);
});
