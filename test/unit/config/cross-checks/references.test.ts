/** Names that must be somewhere else in the configuration, and what is checked at all beside what. */
import { describe, expect, test } from "vitest";
import { problemsAfter } from "../config-files.ts";
import { cases, hashes, pbx, range } from "./cases.ts";

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
      /^trunks\.b: neither → exactly one of asterisk, asterisks, sip/,
      /^trunks\.c: asterisk and asterisks → exactly one of/,
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
      /^asterisks: pbx, pbx2 → at most one Asterisk .*mix up their passwords.*ari-websocket/,
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

test("problems between values are reported beside problems of values, except where they would follow from those", () => {
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
