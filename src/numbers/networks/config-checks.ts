/** Settings of live sources that could never work. */
import type { CrossCheck, IsSound } from "../../typed-yaml/cross-check.ts";
import type { Problem } from "../../typed-yaml/errors.ts";
import type { NetworksConfig } from "./config.ts";
import { networkKey } from "./match.ts";

interface Sections {
  readonly networks: NetworksConfig;
}

export const networksChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["networks"], problems: httpCanAnswer },
  { reads: ["networks"], problems: namesDiffer },
];

function httpCanAnswer({ networks: { http } }: Sections, isSound: IsSound): Problem[] {
  const path = ["networks", "http"];
  if (http === undefined || !isSound(path)) return [];
  const { url, allow_private: allowPrivate, mcc_mnc, mcc, mnc, name, bearer, basic } = http;
  const has = (text: string) => url.includes(text);
  return [
    ...(has("{number}") || has("{digits}")
      ? []
      : [{ path: [...path, "url"], given: "(hidden)", expected: "an address with {number} or {digits}" }]),
    ...(url.startsWith("https:") || allowPrivate
      ? []
      : [
          {
            path: [...path, "url"],
            given: "http://",
            expected:
              "an address that starts with https://, because requests carry numbers and credentials (http only with allow_private)",
          },
        ]),
    ...((mcc === undefined) === (mnc === undefined)
      ? []
      : [{ path, given: "one of them", expected: "both mcc and mnc, or neither" }]),
    ...((mcc_mnc ?? mcc ?? name) === undefined
      ? [{ path, given: null, expected: "mcc_mnc, mcc and mnc, or name: where the answer names the network" }]
      : []),
    ...(bearer !== undefined && basic !== undefined
      ? [{ path, given: "both", expected: "at most one of basic and bearer" }]
      : []),
  ];
}

function namesDiffer({ networks: { names } }: Sections, isSound: IsSound): Problem[] {
  const path = ["networks", "names"];
  if (!isSound(path)) return [];
  const first = new Map<string, string>();
  return Object.keys(names).flatMap((code) => {
    const other = first.get(networkKey(code));
    first.set(networkKey(code), code);
    if (other === undefined) return [];
    return [{ path: [...path, code], given: code, expected: `a code that ${other} does not mean too` }];
  });
}
