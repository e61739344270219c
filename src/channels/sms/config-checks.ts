/** Names and numbers in the section `sms` that must fit each other and other sections. */
import { isSupportedCountry } from "../../numbers/library.ts";
import { routesOverlap } from "../../telephony/trunks/routes-overlap.ts";
import type { CrossCheck, IsSound } from "../../typed-yaml/cross-check.ts";
import type { Path, Problem } from "../../typed-yaml/errors.ts";
import { didYouMean } from "../../typed-yaml/nearest.ts";
import type { SmsConfig, SmsRouteConfig } from "./config.ts";
import { smsHttpProblems } from "./http/config-checks.ts";

interface Sections {
  readonly sms?: SmsConfig;
  readonly apps: Readonly<Record<string, unknown>>;
}

export const smsChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["sms"], problems: routesHaveOneWay },
  { reads: ["sms"], problems: httpRoutesAreRight },
  { reads: ["sms"], problems: prefixesHaveRoutes },
  { reads: ["sms"], problems: prefixesAreUnique },
  { reads: ["sms"], problems: countriesExist },
  { reads: ["sms", "apps"], problems: appsExist },
];

function routesOf({ sms }: Sections): readonly (readonly [string, SmsRouteConfig])[] {
  return Object.entries(sms?.routes ?? {});
}

function routesHaveOneWay(sections: Sections, isSound: IsSound): Problem[] {
  return routesOf(sections).flatMap(([name, route]) => {
    const path = ["sms", "routes", name];
    if (!isSound(path)) return [];
    const ways = (["smpp", "http"] as const).filter((way) => route[way] !== undefined);
    if (ways.length === 1) return [];
    return [{ path, given: ways.join(" and ") || "neither", expected: "exactly one of smpp and http" }];
  });
}

function httpRoutesAreRight(sections: Sections, isSound: IsSound): Problem[] {
  return routesOf(sections).flatMap(([name, { http }]) =>
    http === undefined ? [] : smsHttpProblems(["sms", "routes", name, "http"], http, isSound),
  );
}

function prefixesHaveRoutes({ sms }: Sections, isSound: IsSound): Problem[] {
  if (sms === undefined) return [];
  const known = Object.keys(sms.routes ?? {});
  return (sms.prefixes ?? []).flatMap(({ routes }, index) => {
    const path = ["sms", "prefixes", index, "routes"];
    if (!isSound(path)) return [];
    return routes.flatMap((name, at) => unknownName([...path, at], name, "sms.routes", known));
  });
}

function prefixesAreUnique({ sms }: Sections, isSound: IsSound): Problem[] {
  const lists: (readonly [Path, readonly { readonly prefix: string; readonly networks?: readonly string[] }[]])[] = [
    [["sms", "prefixes"], sms?.prefixes ?? []],
    ...Object.entries(sms?.routes ?? {}).map(
      ([name, route]) => [["sms", "routes", name, "prices"], route.prices ?? []] as const,
    ),
  ];
  return lists.flatMap(([path, list]) => {
    if (!isSound(path)) return [];
    return routesOverlap(path, list, isSound).map(({ index, key }) => {
      const expected = key[0] === "prefix" ? "each prefix once" : "each network of a prefix once";
      return { path: [...path, index, ...key], given: list[index]?.prefix ?? null, expected };
    });
  });
}

interface Scoped {
  readonly path: Path;
  readonly app?: string | undefined;
  readonly country?: string | undefined;
}

/** Every entry that may name an app or a country. */
function scoped({ sms }: Sections, isSound: IsSound): readonly Scoped[] {
  if (sms === undefined) return [];
  const senders = (path: Path, list: SmsConfig["senders"] = []): readonly Scoped[] =>
    list.map(({ app, country }, index) => ({ path: [...path, index], app, country }));
  const all = [
    ...senders(["sms", "senders"], sms.senders),
    ...Object.entries(sms.routes ?? {}).flatMap(([name, route]) => [
      ...senders(["sms", "routes", name, "senders"], route.senders),
      ...(route.smpp?.tlvs ?? []).map(({ app }, index) => ({
        path: ["sms", "routes", name, "smpp", "tlvs", index],
        app,
      })),
    ]),
  ];
  return all.filter(({ path }) => isSound(path));
}

function countriesExist(sections: Sections, isSound: IsSound): Problem[] {
  return scoped(sections, isSound).flatMap(({ path, country }) => {
    if (country === undefined || isSupportedCountry(country)) return [];
    return [{ path: [...path, "country"], given: country, expected: "an ISO 3166 country code" }];
  });
}

function appsExist(sections: Sections, isSound: IsSound): Problem[] {
  const known = Object.keys(sections.apps);
  return scoped(sections, isSound).flatMap(({ path, app }) =>
    app === undefined ? [] : unknownName([...path, "app"], app, "apps", known),
  );
}

function unknownName(path: Path, name: string, section: string, known: readonly string[]): Problem[] {
  if (known.includes(name)) return [];
  const suggestion = didYouMean(name, known) || ` (${known.slice(0, 10).join(", ")})`;
  return [{ path, given: JSON.stringify(name.slice(0, 80)), expected: `the name of one of ${section}${suggestion}` }];
}
