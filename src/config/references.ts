/** Names in one section that must exist in another. */
import { getCountryCallingCode, isSupportedCountry } from "../numbers/library.ts";
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Path, Problem } from "../typed-yaml/errors.ts";
import { didYouMean } from "../typed-yaml/nearest.ts";
import type { Config } from "./schema.ts";

export const referenceChecks: readonly CrossCheck<Config>[] = [
  { reads: ["trunks", "asterisks"], problems: trunksHaveEngines },
  { reads: ["trunks", "ranges"], problems: trunksHaveRanges },
  { reads: ["routes", "trunks"], problems: routesHaveTrunks },
  { reads: ["numbers", "routes"], problems: allowedCountriesHaveRoutes },
];

function trunksHaveEngines({ trunks, asterisks }: Config, isSound: IsSound): Problem[] {
  return Object.entries(trunks).flatMap(([name, trunk]) => {
    const own = ["trunks", name];
    if (!isSound([...own, "asterisk"]) || !isSound([...own, "asterisks"]) || !isSound([...own, "sip"])) return [];
    const { asterisk: one, asterisks: several, sip, endpoint } = trunk;
    const given = Object.entries({ asterisk: one, asterisks: several, sip }).flatMap(([key, value]) =>
      value === undefined ? [] : [key],
    );
    if (given.length !== 1) {
      return [
        { path: own, given: given.join(" and ") || "neither", expected: "exactly one of asterisk, asterisks, sip" },
      ];
    }
    const path = [...own, "endpoint"];
    if (sip !== undefined) {
      const expected = "nothing here: an endpoint is in an Asterisk, and this trunk has `sip`";
      return endpoint === undefined ? [] : [{ path, given: JSON.stringify(endpoint), expected }];
    }
    const expected = "the name of the trunk's PJSIP endpoint in Asterisk";
    const missing = endpoint === undefined && isSound(path) ? [{ path, given: "nothing", expected }] : [];
    if (one !== undefined) return [...missing, ...unknownName([...own, "asterisk"], one, "asterisks", asterisks)];
    const unknown = (several ?? []).flatMap((other, at) =>
      unknownName([...own, "asterisks", at], other, "asterisks", asterisks),
    );
    return [...missing, ...unknown];
  });
}

function trunksHaveRanges({ trunks, ranges }: Config, isSound: IsSound): Problem[] {
  return Object.entries(trunks).flatMap(([name, trunk]) => {
    const path = ["trunks", name, "ranges"];
    if (!isSound(path)) return [];
    return trunk.ranges.flatMap((range, index) => unknownName([...path, index], range, "ranges", ranges));
  });
}

function routesHaveTrunks({ routes, trunks }: Config, isSound: IsSound): Problem[] {
  return routes.flatMap((route, index) => {
    const path = ["routes", index, "trunks"];
    if (!isSound(path)) return [];
    return route.trunks.flatMap((trunk, at) => unknownName([...path, at], trunk, "trunks", trunks));
  });
}

function allowedCountriesHaveRoutes({ numbers, routes }: Config, isSound: IsSound): Problem[] {
  const path = ["numbers", "allowed_countries"];
  if (!isSound(path) || !isSound(["routes"])) return [];
  return numbers.allowed_countries.flatMap((country, index) => {
    if (!isSupportedCountry(country)) return [];
    const code = `+${getCountryCallingCode(country)}`;
    if (routes.some(({ prefix }) => prefix.startsWith(code) || code.startsWith(prefix))) return [];
    return [
      { path: [...path, index], given: country, expected: `a country with a route; none has a prefix for ${code}` },
    ];
  });
}

function unknownName(path: Path, name: string, section: string, entries: Readonly<Record<string, unknown>>): Problem[] {
  if (Object.hasOwn(entries, name)) return [];
  const known = Object.keys(entries);
  const hint =
    didYouMean(name, known) ||
    (known.length === 0 ? ", of which there are none" : ` (${known.slice(0, 10).join(", ")})`);
  return [{ path, given: JSON.stringify(name.slice(0, 80)), expected: `the name of one of ${section}${hint}` }];
}
