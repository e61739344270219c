import { describe, expect, test } from "vitest";
import { type Change, problemsAfter } from "./config-files.ts";

/** Each case: what the operator did, and the whole list of problems it must lead to. */
function cases(table: readonly (readonly [string, Change, ...(string | RegExp)[]])[]) {
  test.each(table.map(([name, change, ...expected]) => ({ name, change, expected })))(
    "$name",
    ({ change, expected }) => {
      const problems = problemsAfter(change);
      expect(problems).toHaveLength(expected.length);
      for (const [index, pattern] of expected.entries()) expect(problems[index]).toMatch(pattern);
    },
  );
}

const numbers = { numbers: ["+442079460001"] };
const range = (prefix: string, digits = 4) => ({ prefix, digits });
const pbx = { ari_url: "http://127.0.0.1:8088", ari_user: "onering", ari_password: "s3xY-pass" };
const hashes = (...letters: string[]) => ({ api_keys_sha256: letters.map((letter) => letter.repeat(64)) });

test("the configuration that the cases change is right", () => {
  expect(problemsAfter(() => {})).toEqual([]);
});

describe("names", () => {
  cases([
    [
      "a trunk on an unknown Asterisk, with an unknown range",
      (c) => (c.trunks.a = { asterisk: "pby", endpoint: "e", ranges: ["block", "blck"] }),
      /^trunks\.a\.asterisk: "pby" → .*did you mean pbx/,
      /^trunks\.a\.ranges\[1\]: "blck" → .*did you mean block/,
    ],
    [
      "a route to an unknown trunk",
      (c) => (c.routes = [{ prefix: "+", trunks: ["a", "somewhere"] }]),
      /^routes\[0\]\.trunks\[1\]: "somewhere" → the name of one of trunks \(a\)/,
    ],
    [
      "two routes with one prefix",
      (c) => c.routes.push({ prefix: "+44", trunks: ["a"] }, { prefix: "+44", trunks: ["a"] }),
      /^routes\[2\]\.prefix: "\+44" → .*routes\[1\] has it/,
    ],
    [
      "a trunk with no Asterisk, one with two answers, one on an unknown one of several",
      (c) =>
        Object.assign(c.trunks, {
          b: { endpoint: "e", ranges: ["block"] },
          c: { asterisk: "pbx", asterisks: ["pbx"], endpoint: "e", ranges: ["block"] },
          d: { asterisks: ["pbx", "pby"], endpoint: "e", ranges: ["block"] },
        }),
      /^trunks\.b: neither → exactly one of asterisk and asterisks/,
      /^trunks\.c: both → exactly one of/,
      /^trunks\.d\.asterisks\[1\]: "pby" → .*did you mean pbx/,
    ],
    [
      "a weight for a trunk that the route does not have",
      (c) => (c.routes = [{ prefix: "+", trunks: ["a"], weights: { a: 1, b: 2 } }]),
      /^routes\[0\]\.weights\.b: a weight → one of this route's trunks \(did you mean a\?\)/,
    ],
    [
      "two Asterisks with ari-client",
      (c) => {
        const driver = "ari-client";
        c.asterisks = { pbx: { ...pbx, driver }, pbx2: { ...pbx, driver }, pbx3: pbx };
      },
      /^asterisks: pbx, pbx2 → one Asterisk .*mix up their passwords.*ari-websocket/,
    ],
    [
      "an Asterisk without what its driver needs",
      (c) => (c.asterisks = { pbx: { ari_user: "onering" } }),
      /^asterisks\.pbx\.ari_url: nothing → a value: the driver ari-websocket cannot work without it/,
      /^asterisks\.pbx\.ari_password: nothing → a value: the driver ari-websocket/,
    ],
    ["no Redis", (c) => (c.redis = {}), /^redis: none → exactly one of url, sentinel, cluster/],
    [
      "two Redis",
      (c) => Object.assign(c.redis, { cluster: { nodes: ["h:1"] } }),
      /^redis: url and cluster → exactly one/,
    ],
  ]);
});

describe("countries", () => {
  cases([
    ["the United Kingdom's wrong name", (c) => (c.numbers = { default_country: "UK" }), /default_country: UK → .*GB\?/],
    [
      "one that does not exist, for all and for an app",
      (c) => {
        c.numbers = { denied_countries: ["FR", "XX"] };
        c.apps.shop = { ...hashes("a"), allowed_countries: ["YY"] };
      },
      /^numbers\.denied_countries\[1\]: XX →/,
      /^apps\.shop\.allowed_countries\[0\]: YY →/,
    ],
    [
      "one both allowed and denied",
      (c) => (c.numbers = { allowed_countries: ["FR", "GB"], denied_countries: ["GB"] }),
      /^numbers\.denied_countries\[0\]: GB →/,
    ],
    [
      "an allowed one without a route",
      (c) => {
        c.routes = [{ prefix: "+447", trunks: ["a"] }];
        c.numbers = { allowed_countries: ["GB", "FR"] };
      },
      /^numbers\.allowed_countries\[1\]: FR → a country with a route; none has a prefix for \+33/,
    ],
  ]);
});

describe("ranges", () => {
  cases([
    ["too short to be a number", (c) => (c.ranges.block = range("+447", 4)), /^ranges\.block: 7 digits → .*8 to 15/],
    ["too long to be a number", (c) => (c.ranges.block = range("+441234567890", 4)), /^ranges\.block: 16 digits →/],
    ["of 8 and of 15 digits are fine", (c) => Object.assign(c.ranges, { x: range("+4477"), y: range("+44771234567") })],
    [
      "a block within a block",
      (c) => Object.assign(c.ranges, { inner: range("+44770091", 3) }),
      /^ranges\.inner: null → .*shares \+44770091000 with block/,
    ],
    [
      "a block within a block, with a list between their beginnings",
      (c) => {
        c.ranges.list = { numbers: ["+44770090001", "+44770090002"], digits: 4 };
        c.ranges.inner = range("+44770095", 3);
      },
      /^ranges\.list: null → .*with block/,
      /^ranges\.inner: null → .*with block/,
    ],
    ["blocks side by side are fine", (c) => Object.assign(c.ranges, { next: range("+4477010") })],
    [
      "a list within a block, told once",
      (c) => Object.assign(c.ranges, { list: { numbers: ["+44770091230", "+44770091231"], digits: 4 } }),
      /^ranges\.list: null → .*shares \+44770091230 with block/,
    ],
    [
      "lists with a common number",
      (c) =>
        Object.assign(c.ranges, {
          one: { numbers: ["+44880091230", "+44880091231"], digits: 4 },
          two: { numbers: ["+44880091231", "+44880091232"], digits: 4 },
        }),
      /^ranges\.two: null → .*shares \+44880091231 with one/,
    ],
    [
      "a list whose numbers do not share their prefix",
      (c) =>
        Object.assign(c.ranges, { list: { numbers: ["+44880091230", "+44880081231", "+448800912311"], digits: 4 } }),
      /^ranges\.list\.numbers\[1\]: \+44880081231 → .*\+4488009 and has 4 more/,
      /^ranges\.list\.numbers\[2\]/,
    ],
    [
      "one prefix with codes of two lengths",
      (c) => Object.assign(c.ranges, { longer: range("+4477009", 5) }),
      /^ranges\.longer\.digits: 5 → 4: the range block has the same prefix/,
    ],
  ]);
});

describe("guessing", () => {
  const list = (size: number) => ({
    numbers: Array.from({ length: size }, (_, i) => `+4488009${String(i).padStart(4, "0")}`),
    digits: 4,
  });
  cases([
    [
      "10 wrong checks at 10,000 are the most that is allowed",
      (c) => (c.verification = { wrong_checks_per_callee: 10 }),
    ],
    [
      "11 are too many",
      (c) => (c.verification = { wrong_checks_per_callee: 11 }),
      /^trunks\.a\.ranges: 10,000 caller IDs start with \+4477009 \(13\.3 bits\).* 0\.11 % → .*11,000 caller IDs.*at most 10 wrong checks/,
    ],
    [
      "the smallest prefix of a trunk counts, not the sum",
      (c) => {
        c.ranges.small = range("+447701", 3);
        c.trunks.a = { asterisk: "pbx", endpoint: "e", ranges: ["block", "small"] };
      },
      /^trunks\.a\.ranges: 1,000 caller IDs start with \+447701 /,
    ],
    ["a small range that no trunk uses harms nobody", (c) => (c.ranges.small = range("+447701", 3))],
    [
      "a list with many digits and few numbers is small",
      (c) => {
        c.ranges.list = list(500);
        c.trunks.a = { asterisk: "pbx", endpoint: "e", ranges: ["list"] };
      },
      /^trunks\.a\.ranges: 500 caller IDs .* 2 % → .*10,000 caller IDs for each prefix, or codes of two calls \(.*verification\.min_calls: 2\)$/,
    ],
    [
      "a small range is large enough for codes of two calls",
      (c) => {
        c.ranges.block = range("+4477009", 3);
        c.verification = { min_calls: 2 };
      },
    ],
    [
      "of two calls the pairs count",
      (c) => {
        c.ranges.list = list(100);
        c.trunks.a = { asterisk: "pbx", endpoint: "e", ranges: ["list"] };
        c.verification = { min_calls: 2 };
      },
      /^trunks\.a\.ranges: 100 caller IDs .*13\.3 bits with two calls.* 0\.101 % → .*at least 101 caller IDs for each prefix, or a cap of at most 9 wrong checks$/,
    ],
    [
      "two lists of one prefix count together",
      (c) => {
        const { numbers } = list(10_000);
        c.ranges.even = { numbers: numbers.filter((_, i) => i % 2 === 0), digits: 4 };
        c.ranges.odd = { numbers: numbers.filter((_, i) => i % 2 === 1), digits: 4 };
        c.trunks.a = { asterisk: "pbx", endpoint: "e", ranges: ["even", "odd"] };
      },
    ],
    [
      "a higher limit may be chosen",
      (c) => {
        c.ranges.block = range("+4477009", 3);
        c.verification = { max_guess_probability: 0.01 };
      },
    ],
  ]);
});

describe("number formats", () => {
  const trunk =
    (changed: object): Change =>
    (c) =>
      (c.trunks.a = { asterisk: "pbx", endpoint: "e", ranges: ["block"], ...changed });
  cases([
    ["national with its country is fine", trunk({ number_format: "national", country_calling_code: "44" })],
    [
      "national without",
      trunk({ number_format: "national" }),
      /^trunks\.a\.country_calling_code: nothing → the country/,
    ],
    ["a country for E.164", trunk({ country_calling_code: "44" }), /country_calling_code: 44 → nothing here/],
    [
      "a national prefix that looks international",
      trunk({ number_format: "national", country_calling_code: "44", national_prefix: "00" }),
      /^trunks\.a\.national_prefix: 00 → one that does not begin with international_prefix, which is 00/,
    ],
    [
      "two rules for one prefix",
      trunk({ callee_rules: [{ prefix: "+44" }, { prefix: "+33" }, { prefix: "+44", add: "1" }] }),
      /^trunks\.a\.callee_rules\[2\]\.prefix: \+44 → .*number 0 of the list/,
    ],
    [
      "a rule that strips more than its prefix",
      trunk({ caller_id_rules: [{ prefix: "+44", strip: 3, add: "0" }] }),
      /^trunks\.a\.caller_id_rules\[0\]\.strip: 3 → at most 2, the digits of its prefix/,
    ],
    [
      "a rule after which no number can be dialled",
      trunk({ callee_rules: [{ prefix: "+", add: "123456789" }] }),
      /^trunks\.a\.callee_rules\[0\]\.add: 123456789 → .*at most 15 digits; this makes 16/,
    ],
    [
      "a range whose caller IDs the trunk cannot write",
      trunk({ caller_id_rules: [{ prefix: "+4477", add: "99999" }] }),
      /^trunks\.a\.ranges\[0\]: block → .*\+44770090000 cannot be sent/,
    ],
    [
      "a rule that adds what is no digit",
      trunk({ callee_rules: [{ prefix: "+", add: "9911#" }] }),
      /^trunks\.a\.callee_rules\[0\]\.add: "9911#" → up to 12 digits/,
    ],
  ]);
});

describe("the SIP tap", () => {
  cases([
    [
      "with addresses that are some",
      (c) => (c.sip_tap = { host: "::", allow_from: ["10.0.0.0/8", "fd00::/64", "::1"] }),
    ],
    [
      "with addresses that are none",
      (c) => (c.sip_tap = { host: "127.0.0", allow_from: ["10.0.0.1", "10.0.0.0/33", "1.2.3.4.5"] }),
      /^sip_tap\.host: "127\.0\.0" → an IP address/,
      /^sip_tap\.allow_from\[1\]: "10\.0\.0\.0\/33" → an IP address or a CIDR block/,
      /^sip_tap\.allow_from\[2\]: "1\.2\.3\.4\.5"/,
    ],
  ]);
});

describe("limits", () => {
  cases([
    [
      "a breaker that could never open",
      (c) => (c.routing = { breaker: { failures: 21 } }),
      /^routing\.breaker\.failures: 21 → at most window_calls, which is 20/,
    ],
    [
      "a longest pause below the first",
      (c) => (c.routing = { breaker: { pause_ms: 400_000 } }),
      /^routing\.breaker\.longest_pause_ms: 300000 → at least pause_ms, which is 400000/,
    ],
    [
      "two calls that an hour has no room for",
      (c) => (c.verification = { min_calls: 2, starts_per_callee_per_hour: 1 }),
      /^verification\.starts_per_callee_per_hour: 1 → at least min_calls, which is 2/,
    ],
    [
      "a code that expires before the second of its calls is over",
      (c) => (c.verification = { min_calls: 2, ttl_seconds: 53 }),
      /^verification\.ttl_seconds: 53 → more than the 53 seconds that .* two calls/,
    ],
    [
      "codes that expire while the phone may still ring",
      (c) => {
        c.verification = { ttl_seconds: 65 };
        c.calls = { setup_limit_ms: 60_000, ring_ms: 5000 };
      },
      /^verification\.ttl_seconds: 65 → more than the 65 seconds/,
    ],
    [
      "more checks than the callee has",
      (c) => (c.verification = { max_checks: 5, wrong_checks_per_callee: 4 }),
      /^verification\.max_checks: 5 → at most wrong_checks_per_callee, which is 4/,
    ],
  ]);
});

describe("secrets", () => {
  const key =
    (hmac_key: string): Change =>
    (c) =>
      (c.secrets = { hmac_key });
  cases([
    ["one character all over", key("a".repeat(64)), /^secrets\.hmac_key: \(hidden, a placeholder\)/],
    ["a placeholder", key("change-me-change-me-change-me-change-me"), /^secrets\.hmac_key: \(hidden, a placeholder\)/],
    [
      "a word repeated",
      key("correcthorsebatterystaple".repeat(2)),
      /^secrets\.hmac_key: \(hidden, a pattern\) → random/,
    ],
    ["few characters", key("0101101011010001011010110100111001"), /^secrets\.hmac_key: \(hidden, a pattern\)/],
    ["random hex is fine", key("9f86d081884c7d659a2feaa0c55ad015")],
    [
      "a placeholder for Asterisk",
      (c) => (c.asterisks.pbx = { ...pbx, ari_password: "changeme", ami: { user: "u", password: "asterisk" } }),
      /^asterisks\.pbx\.ari_password: \(hidden, a placeholder\)/,
      /^asterisks\.pbx\.ami\.password: \(hidden, a placeholder\)/,
    ],
    [
      "one API key for two apps",
      (c) => (c.apps = { shop: hashes("a", "b"), bank: hashes("c", "b") }),
      /^apps\.bank\.api_keys_sha256\[1\]: \(hidden\) → .*the app shop has this one/,
    ],
    [
      "an app's API key for an operator",
      (c) => {
        c.apps = { shop: hashes("a", "b") };
        c.admin = hashes("c", "b");
      },
      /^admin\.api_keys_sha256\[1\]: \(hidden\) → .*the app shop has this one/,
    ],
  ]);
});

describe("numbers to call in on", () => {
  const trusted = { asterisk: "pbx", endpoint: "carrier", ranges: ["block"], inbound: { trusted: "true" } };
  cases([
    [
      "with a trunk whose caller IDs are trusted",
      (c) => Object.assign(c, { trunks: { a: trusted }, call_in: numbers }),
    ],
    [
      "without one",
      (c) => Object.assign(c, { call_in: numbers, trunks: { a: { ...trusted, inbound: {} } } }),
      /^call_in\.numbers: .* → a trunk with `inbound: \{ trusted: true \}`/,
    ],
    [
      "that are caller IDs too",
      (c) => {
        c.trunks.a = trusted;
        c.ranges.list = { numbers: ["+442079460001", "+442079460003"], digits: 4 };
        c.call_in = { numbers: ["+442079460001", "+442079460002", "+44770091234"] };
      },
      /^call_in\.numbers\[0\]: \+442079460001 → .*ranges\.list has it/,
      /^call_in\.numbers\[2\]: \+44770091234 → .*ranges\.block has it/,
    ],
  ]);
});

test("problems between values are told beside problems of values, except where they would follow from those", () => {
  const problems = problemsAfter((c) => {
    c.trunks.a = { asterisk: "nowhere", endpoint: "e", ranges: "block" };
    c.ranges.bad = { prefix: "+44770091", digits: "many" };
    c.ranges.inner = range("+44770091", 3);
  });
  expect(problems.map((problem) => problem.split(":")[0])).toEqual([
    "trunks.a.ranges",
    "ranges.bad.digits",
    "trunks.a.asterisk",
    "ranges.inner",
  ]);
});

describe("caps of caller IDs", () => {
  cases([
    [
      "a day that holds less than an hour",
      (c) => (c.caller_id_care = { attempts_per_hour: 5, attempts_per_day: 4 }),
      /^caller_id_care\.attempts_per_day: 4 → at least attempts_per_hour, which is 5/,
    ],
    [
      "a trunk that one callee can use up",
      (c) => {
        c.ranges.block = { numbers: ["+442079460000", "+442079460001", "+442079460002"], digits: 4 };
        c.verification = { max_guess_probability: 0.1, wrong_checks_per_callee: 1, max_checks: 1 };
        c.caller_id_care = { attempts_per_hour: 3 };
      },
      /^trunks\.a\.ranges: .*0\.1/,
      /^trunks\.a\.ranges: 3 caller IDs, half of them at attempts_per_hour \(3\) → room for the 5 calls/,
    ],
  ]);
});

describe("the canary", () => {
  const number = "+447700900999";
  cases([
    ["that nobody hears", (c) => (c.canary = { number }), /^canary: none → exactly one of inbound_trunk, sandbox_url/],
    [
      "that is heard twice",
      (c) => {
        c.asterisks.pbx = { ...pbx, ami: { user: "onering", password: "s3xY-pass" } };
        c.canary = { number, inbound_trunk: "a", sandbox_url: "http://127.0.0.1:8080" };
      },
      /^canary: inbound_trunk and sandbox_url → exactly one/,
    ],
    [
      "on an unknown trunk",
      (c) => (c.canary = { number, inbound_trunk: "b" }),
      /^canary\.inbound_trunk: "b" → the name of one of trunks/,
    ],
    [
      "on a trunk that cannot be listened to",
      (c) => (c.canary = { number, inbound_trunk: "a" }),
      /^canary\.inbound_trunk: a, through pbx → a trunk of Asterisks with `ami`/,
    ],
  ]);
});
