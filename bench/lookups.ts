/**
 * lookups: how much our number lookup costs on top of the library it stands on: examine a number and write the response
 * body, against a bare loop over libphonenumber-js that gets the same facts and nothing else, against one that only parses,
 * and against google-libphonenumber. One core, one thread, no HTTP. Against another commit: both gateways over HTTP.
 */
import google from "google-libphonenumber";
import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import { numberBody } from "../src/http/numbers/representation.ts";
import { createLookup } from "../src/numbers/lookup/lookup.ts";
import { createNumbers } from "../src/numbers/numbers.ts";
import { mixedNumbers } from "./lookups/numbers.ts";
import { overHttp } from "./lookups/over-http.ts";
import { alternate, median, ratioOf, type Side } from "./support/alternate.ts";
import type { BenchOptions, BenchResult } from "./support/report.ts";

/** Many short rounds: other work on the machine disturbs some of them, which the median leaves out. */
const whole = { rounds: 41, warmupRounds: 8 };
const quick = { rounds: 5, warmupRounds: 2 };
/** Long enough to hold collections of garbage, short enough that a round of all sides sees one machine. */
const measureMs = 100;

/** Figures are lookups a second on one core; higher is better. */
export async function runLookups(options: BenchOptions): Promise<BenchResult> {
  const { warmupRounds, ...plan } = options.quick ? quick : whole;
  const rounds = options.rounds ?? plan.rounds;
  const numbers = mixedNumbers();
  const sides: readonly Side[] = [
    side("ours", numbers, ourLookup()),
    side("bare", numbers, bareLookup),
    side("bare_parse_only", numbers, (input) => parsePhoneNumberFromString(input)?.number),
    side("google", numbers, googleLookup()),
  ];
  const measured = await alternate(sides, {
    rounds,
    warmupRounds,
    onMeasured: (name, round, rate) => options.progress(`round ${round}: ${name} ${Math.round(rate)} lookups/s`),
  });
  const { ratio, ratioLow, ratioHigh } = ratioOf(measured, "ours", "bare");
  const rateOf = (name: string) => median(measured.samples[name] ?? []);
  return {
    name: "lookups",
    ratio,
    ours: rateOf("ours"),
    bare: rateOf("bare"),
    unit: "lookups/s",
    ratio_low: ratioLow,
    ratio_high: ratioHigh,
    bare_is: "libphonenumber-js/max: parse, isValid, isPossible, getType, national, international and RFC 3966 format",
    bare_parse_only: rateOf("bare_parse_only"),
    google: rateOf("google"),
    ratio_to_parse_only: ratioOf(measured, "ours", "bare_parse_only").ratio,
    ratio_to_google: ratioOf(measured, "ours", "google").ratio,
    numbers: numbers.length,
    rounds,
    against: options.against && {
      commit: options.against.label,
      comparisons: await overHttp(options.against, options),
    },
  };
}

function side(name: string, numbers: readonly string[], lookup: (input: string) => unknown): Side {
  return { name, measure: () => lookupsPerSecond(numbers, lookup) };
}

/** Counts results, so that the loop is not compiled away. */
let used = 0;

function lookupsPerSecond(numbers: readonly string[], lookup: (input: string) => unknown): number {
  const start = performance.now();
  let done = 0;
  while (performance.now() - start < measureMs) {
    // A hundred at a time: reading the clock must not be what is measured.
    for (let i = 0; i < 100; i++, done++) if (lookup(numbers[done % numbers.length] ?? "")) used++;
  }
  if (used === 0) throw new Error("no lookup gave a result");
  return (done / (performance.now() - start)) * 1000;
}

/** What POST /v1/numbers/lookup does between the request's body and the response's. */
function ourLookup(): (input: string) => string {
  const numbers = createNumbers({
    allowed_countries: [],
    denied_countries: [],
    denied_prefixes: [],
    fixed_line_or_mobile: "allow",
  });
  const lookup = createLookup({ numbers });
  const ask = (input: string) => ({ input, country: null, bounds: null, languages: [] });
  return (input) => JSON.stringify(numberBody(lookup.known(ask(input))));
}

function bareLookup(input: string) {
  const number = parsePhoneNumberFromString(input);
  return (
    number && {
      number: number.number,
      valid: number.isValid(),
      possible: number.isPossible(),
      type: number.getType(),
      country: number.country,
      national: number.formatNational(),
      international: number.formatInternational(),
      rfc3966: number.format("RFC3966"),
    }
  );
}

function googleLookup(): (input: string) => unknown {
  const util = google.PhoneNumberUtil.getInstance();
  const { NATIONAL, INTERNATIONAL } = google.PhoneNumberFormat;
  return (input) => {
    try {
      const number = util.parse(input);
      return {
        valid: util.isValidNumber(number),
        possible: util.isPossibleNumber(number),
        type: util.getNumberType(number),
        country: util.getRegionCodeForNumber(number),
        national: util.format(number, NATIONAL),
        international: util.format(number, INTERNATIONAL),
      };
    } catch {
      return null; // it throws for what is no number, as part of its interface
    }
  };
}
