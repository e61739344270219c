/** Names that must exist, and choices of which exactly one is to be made. */
import { getCountries, getCountryCallingCode, isSupportedCountry } from "libphonenumber-js/max";
import { keysNeeded } from "../telephony/asterisk/access.ts";
import type { Path, Problem } from "../typed-yaml/errors.ts";
import { didYouMean } from "../typed-yaml/nearest.ts";
import type { CrossCheck, IsSound } from "./checks.ts";
import type { Config } from "./schema.ts";

export const referenceChecks: readonly CrossCheck[] = [
  { reads: ["redis"], problems: redisIsOne },
  { reads: ["asterisks"], problems: driversHaveTheirKeys },
  { reads: ["asterisks"], problems: ariClientIsAlone },
  { reads: ["trunks", "asterisks"], problems: trunksHaveAsterisks },
  { reads: ["trunks", "ranges"], problems: trunksHaveRanges },
  { reads: ["routes", "trunks"], problems: routesHaveTrunks },
  { reads: ["routes"], problems: weightsAreOfTheRoute },
  { reads: ["routes"], problems: routesDiffer },
  { reads: ["numbers", "apps"], problems: countriesExist },
  { reads: ["numbers", "routes"], problems: allowedCountriesHaveRoutes },
];

function redisIsOne({ redis }: Config, isSound: IsSound): Problem[] {
  const ways = ["url", "sentinel", "cluster"] as const;
  const given = ways.filter((key) => redis[key] !== undefined);
  if (given.length === 1 || !ways.every((key) => isSound(["redis", key]))) return [];
  return [{ path: ["redis"], given: given.join(" and ") || "none", expected: "exactly one of url, sentinel, cluster" }];
}

function driversHaveTheirKeys({ asterisks }: Config, isSound: IsSound): Problem[] {
  return Object.entries(asterisks).flatMap(([name, asterisk]) => {
    if (!isSound(["asterisks", name, "driver"])) return [];
    const missing = keysNeeded[asterisk.driver].filter(
      (key) => asterisk[key] === undefined && isSound(["asterisks", name, key]),
    );
    const expected = `a value: the driver ${asterisk.driver} cannot work without it`;
    return missing.map((key) => ({ path: ["asterisks", name, key], given: "nothing", expected }));
  });
}

function ariClientIsAlone({ asterisks }: Config, isSound: IsSound): Problem[] {
  const names = Object.keys(asterisks).filter(
    (name) => isSound(["asterisks", name, "driver"]) && asterisks[name]?.driver === "ari-client",
  );
  if (names.length <= 1) return [];
  const why = "two ari-client connections in one process mix up their passwords; the others can have ari-websocket";
  return [
    { path: ["asterisks"], given: names.join(", "), expected: `one Asterisk with the driver ari-client (${why})` },
  ];
}

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

function weightsAreOfTheRoute({ routes }: Config, isSound: IsSound): Problem[] {
  return routes.flatMap((route, index) => {
    const path = ["routes", index];
    if (!isSound(path)) return [];
    return Object.keys(route.weights ?? {}).flatMap((trunk) => {
      if (route.trunks.includes(trunk)) return [];
      const expected = `one of this route's trunks${didYouMean(trunk, route.trunks) || ` (${route.trunks.join(", ")})`}`;
      return [{ path: [...path, "weights", trunk], given: "a weight", expected }];
    });
  });
}

function routesDiffer({ routes }: Config, isSound: IsSound): Problem[] {
  const first = new Map<string, number>();
  return routes.flatMap((route, index) => {
    const path = ["routes", index, "prefix"];
    if (!isSound(path)) return [];
    const other = first.get(route.prefix);
    if (other === undefined) first.set(route.prefix, index);
    const expected = `a prefix that no other route has: routes[${other}] has it; list all trunks there`;
    return other === undefined ? [] : [{ path, given: JSON.stringify(route.prefix), expected }];
  });
}

function countriesExist({ numbers, apps }: Config, isSound: IsSound): Problem[] {
  const listed = (path: Path, countries: readonly string[] = []) =>
    isSound(path) ? countries.flatMap((country, index) => unknownCountry([...path, index], country)) : [];
  const { default_country: fallback, allowed_countries: allowed, denied_countries: denied } = numbers;
  const fallbackPath = ["numbers", "default_country"];
  return [
    ...(fallback !== undefined && isSound(fallbackPath) ? unknownCountry(fallbackPath, fallback) : []),
    ...listed(["numbers", "allowed_countries"], allowed),
    ...listed(["numbers", "denied_countries"], denied),
    ...(isSound(["numbers"]) ? bothAllowedAndDenied(allowed, denied) : []),
    ...Object.keys(apps).flatMap((name) => listed(["apps", name, "allowed_countries"], apps[name]?.allowed_countries)),
  ];
}

function bothAllowedAndDenied(allowed: readonly string[], denied: readonly string[]): Problem[] {
  return denied.flatMap((country, index) => {
    const path = ["numbers", "denied_countries", index];
    return allowed.includes(country) ? [{ path, given: country, expected: "a country that is not allowed too" }] : [];
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

function unknownCountry(path: Path, country: string): Problem[] {
  if (isSupportedCountry(country)) return [];
  // The one that everybody gets wrong, and too short for distances to help.
  const hint = country === "UK" ? " (did you mean GB?)" : "";
  const expected = `one of the ${getCountries().length} ISO 3166 countries with a numbering plan${hint}`;
  return [{ path, given: country, expected }];
}

function unknownName(path: Path, name: string, section: string, entries: Readonly<Record<string, unknown>>): Problem[] {
  if (Object.hasOwn(entries, name)) return [];
  const known = Object.keys(entries);
  const hint = didYouMean(name, known) || ` (${known.slice(0, 10).join(", ")})`;
  return [{ path, given: JSON.stringify(name.slice(0, 80)), expected: `the name of one of ${section}${hint}` }];
}
