import { Value } from "typebox/value";
import { expect, test } from "vitest";
import { NetworksSection } from "../../../../src/numbers/networks/config.ts";
import { networksChecks } from "../../../../src/numbers/networks/config-checks.ts";
import { routeChecks } from "../../../../src/telephony/trunks/routes-config-checks.ts";
import { crossCheck } from "../../../../src/typed-yaml/cross-check.ts";
import { pathText } from "../../../../src/typed-yaml/errors.ts";

const problemsOf = (own: object) => {
  const networks = Value.Default(NetworksSection, own) as never;
  return crossCheck({ networks }, networksChecks, []).map(({ path, expected }) => `${pathText(path)}: ${expected}`);
};
const url = "https://lookup.test/{digits}";

test("an HTTP service that could never answer is refused", () => {
  expect(problemsOf({ http: { url, name: "/name" } })).toEqual([]);
  expect(problemsOf({ http: { url, mcc: "/a", mnc: "/b" } })).toEqual([]);
  expect(
    problemsOf({ http: { url: "http://lookup.test/", bearer: "t", basic: { user: "u", password: "p" }, mcc: "/a" } }),
  ).toEqual([
    "networks.http.url: an address with {number} or {digits}",
    "networks.http.url: an address that starts with https://, because requests carry numbers and credentials (http only with allow_private)",
    "networks.http: both mcc and mnc, or neither",
    "networks.http: at most one of basic and bearer",
  ]);
  expect(problemsOf({ http: { url, ported: "/p" } })).toEqual([
    "networks.http: mcc_mnc, mcc and mnc, or name: where the answer names the network",
  ]);
});

test("a code in two spellings has one name", () => {
  expect(problemsOf({ names: { "25001": "MTS", "250-01": "Other", "25002": "MegaFon" } })).toEqual([
    "networks.names.250-01: a code that 25001 does not mean too",
  ]);
});

test("routes that are none are left to the schema", () => {
  const found = [{ path: ["routes", 0], given: "null", expected: "a section" }];
  const routes = [undefined, { prefix: "+7", networks: ["25001"], trunks: ["a"] }];
  const sections = { routes, routing: { breaker: { failures: 1, window_calls: 2, pause_ms: 1, longest_pause_ms: 2 } } };
  expect(crossCheck(sections as never, routeChecks.slice(1), found)).toEqual([]);
});

test("two routes of one prefix are refused where one would never be used", () => {
  const route = (networks?: readonly string[]) => ({ prefix: "+7", trunks: ["a"], ...(networks && { networks }) });
  const check = (...routes: object[]) =>
    crossCheck({ routes, routing: { breaker: {} } } as never, routeChecks, [
      { path: ["routing"], given: null, expected: "" },
    ]).map(({ path }) => pathText(path));
  expect(check(route(), route(["25001"]), route(["MegaFon", "25099"]))).toEqual([]);
  expect(check(route(), route())).toEqual(["routes[1].prefix"]);
  expect(check(route(["25001", "MTS"]), route(["x", "250-01", "mts"]))).toEqual([
    "routes[1].networks[1]",
    "routes[1].networks[2]",
  ]);
});
