/** Names in one section that must exist in another. */
import { getCountryCallingCode, isSupportedCountry } from "../numbers/library.ts";
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Path, Problem } from "../typed-yaml/errors.ts";
import { didYouMean } from "../typed-yaml/nearest.ts";
import type { Config } from "./schema.ts";

export const referenceChecks: readonly CrossCheck<Config>[] = [
  { reads: ["trunks", "asterisks"], problems: trunksHaveAsterisks },
  { reads: ["trunks", "ranges"], problems: trunksHaveRanges },
  { reads: ["routes", "trunks"], problems: routesHaveTrunks },
  { reads: ["numbers", "routes"], problems: allowedCountriesHaveRoutes },
];

function trunksHaveAsterisks({ trunks, asterisks }: Config, isSound: IsSound): Problem[] {
  return Object.entries(trunks).flatMap(([name, trunk]) => {
    const own = ["trunks", name];
    if (!isSound([...own, "asterisk"]) || !isSound([...own, "asterisks"])) return [];
    const { asterisk: one, asterisks: several } = trunk;
    if ((one === undefined) === (several === undefined)) {
      const given = one === undefined ? "neither" : "both";
      return [{ path: own, given, expected: "exactly one of asterisk and asterisks" }];
    }
    if (one !== undefined) return unknownName([...own, "asterisk"], one, "asterisks", asterisks);
    return (several ?? []).flatMap((other, at) =>
      unknownName([...own, "asterisks", at], other, "asterisks", asterisks),
    );
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
  const hint = didYouMean(name, known) || ` (${known.slice(0, 10).join(", ")})`;
  return [{ path, given: JSON.stringify(name.slice(0, 80)), expected: `the name of one of ${section}${hint}` }];
}
