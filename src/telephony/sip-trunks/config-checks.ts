/** SIP settings that a pattern cannot check, or that do not fit each other. */
import { isIP, isIPv6 } from "node:net";
import { isAddressOrBlock, isTooWide } from "../../shared/ip-address.ts";
import { isRefusalStatus } from "../../sip/inbound/answers.ts";
import { ambiguityProblems } from "../../sip/inbound/config-checks.ts";
import type { CrossCheck, IsSound } from "../../typed-yaml/cross-check.ts";
import type { Path, Problem } from "../../typed-yaml/errors.ts";
import type { SipConfig } from "./config.ts";
import { stirShakenProblems, trunkIdentityProblems } from "./identity-checks.ts";
import { configuredSource } from "./inbound-sources.ts";
import { ownTlsProblems, trunkTlsProblems } from "./tls-checks.ts";
import type { SipTrunkConfig } from "./trunk-config.ts";

interface Sections {
  readonly sip?: SipConfig;
  readonly asterisks: Readonly<Record<string, unknown>>;
  readonly trunks: Readonly<Record<string, { readonly sip?: SipTrunkConfig; readonly inbound?: unknown }>>;
}

export const sipChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["sip", "trunks"], problems: trunksHaveTheSection },
  { reads: ["sip", "asterisks"], problems: nameIsReserved },
  { reads: ["sip"], problems: ownAddressesAreValid },
  { reads: ["sip"], problems: ownTlsProblems },
  { reads: ["sip"], problems: refusalIsUsual },
  { reads: ["trunks"], problems: accountsAreWhole },
  { reads: ["sip", "trunks"], problems: identitiesAreSound },
  { reads: ["trunks"], problems: sourcesAreValid },
  { reads: ["trunks"], problems: inboundCallsAreClear },
  { reads: ["sip", "trunks"], problems: trunksUseTls },
  { reads: ["sip"], problems: signatureKeyIsSound },
];

type NamedTrunk = readonly [path: Path, sip: SipTrunkConfig];

function sipTrunks({ trunks }: Pick<Sections, "trunks">, isSound: IsSound): NamedTrunk[] {
  return Object.entries(trunks).flatMap(([name, trunk]) => {
    const path = ["trunks", name, "sip"];
    return !isSound(path) || trunk.sip === undefined ? [] : [[path, trunk.sip] as const];
  });
}

function trunksHaveTheSection(config: Sections, isSound: IsSound): Problem[] {
  if (config.sip !== undefined || !isSound(["sip"])) return [];
  const [first] = sipTrunks(config, isSound);
  if (first === undefined) return [];
  const expected = `a section with \`host\`, the address to send from: ${first[0].join(".")} needs it`;
  return [{ path: ["sip"], given: "nothing", expected }];
}

/** Paths, limits and outages have its name (`trunk@sip`). */
function nameIsReserved({ sip, asterisks }: Sections): Problem[] {
  if (sip === undefined || !Object.hasOwn(asterisks, "sip")) return [];
  const expected = "another name: `sip` is the gateway's own SIP, which this configuration has too";
  return [{ path: ["asterisks", "sip"], given: "an Asterisk", expected }];
}

function ownAddressesAreValid({ sip }: Sections, isSound: IsSound): Problem[] {
  if (sip === undefined) return [];
  const problems: Problem[] = [];
  const check = (key: string, given: string | undefined, isValid: (text: string) => boolean, expected: string) => {
    const path = ["sip", key];
    if (given !== undefined && isSound(path) && !isValid(given)) {
      problems.push({ path, given: JSON.stringify(given), expected });
    }
  };
  check("host", sip.host, (text) => isIP(text) !== 0, "an IP address");
  check("host_ipv6", sip.host_ipv6, (text) => isIPv6(text), "an IPv6 address");
  if (sip.host_ipv6 !== undefined && isIPv6(sip.host)) {
    const expected = "nothing here: `host` is an IPv6 address already";
    problems.push({ path: ["sip", "host_ipv6"], given: JSON.stringify(sip.host_ipv6), expected });
  }
  const isWildcard = (text: string) => text === "0.0.0.0" || /^[0:]+$/.test(text);
  if (sip.public_host === undefined) {
    const expected = "one address of this host, or `public_host` beside it: carriers send their answers there";
    check("host", sip.host, (text) => !isWildcard(text), expected);
  }
  return problems;
}

function refusalIsUsual({ sip }: Sections, isSound: IsSound): Problem[] {
  const path = ["sip", "refuse_status"];
  if (sip === undefined || !isSound(path) || isRefusalStatus(sip.refuse_status)) return [];
  return [{ path, given: String(sip.refuse_status), expected: "one of 403, 480, 486, 600, 603" }];
}

function accountsAreWhole(config: Sections, isSound: IsSound): Problem[] {
  return sipTrunks(config, isSound).flatMap(([path, { username, password, realm, register }]) => {
    const need = (key: string, why: string): Problem => {
      return { path: [...path, key], given: "nothing", expected: `a value: ${why}` };
    };
    if (username === undefined) {
      const user = [
        ...(password === undefined ? [] : ["password"]),
        ...(realm === undefined ? [] : ["realm"]),
        ...(register === undefined ? [] : ["register"]),
      ];
      return user.length === 0
        ? []
        : [need("username", `${user.join(", ")} ${user.length === 1 ? "needs" : "need"} it`)];
    }
    return password === undefined && (register !== undefined || realm !== undefined)
      ? [need("password", `${register === undefined ? "realm" : "register"} needs it`)]
      : [];
  });
}

function identitiesAreSound(config: Sections, isSound: IsSound): Problem[] {
  return sipTrunks(config, isSound).flatMap(([path, { identity }]) => [
    ...trunkIdentityProblems([...path, "identity"], identity),
    ...(identity.sign && identity.attestation !== undefined && config.sip?.identity === undefined && isSound(["sip"])
      ? [
          {
            path: [...path, "identity", "attestation"],
            given: identity.attestation,
            expected: "a section sip.identity with the key to sign with, or no attestation",
          },
        ]
      : []),
  ]);
}

function signatureKeyIsSound({ sip }: Sections, isSound: IsSound): Problem[] {
  const path = ["sip", "identity"];
  return sip?.identity === undefined || !isSound(path) ? [] : stirShakenProblems(path, sip.identity, Date.now());
}

function sourcesAreValid(config: Sections, isSound: IsSound): Problem[] {
  return sipTrunks(config, isSound).flatMap(([path, { sources }]) =>
    (sources ?? []).flatMap((source, index) => {
      const at = [...path, "sources", index];
      if (!isAddressOrBlock(source)) {
        return [{ path: at, given: JSON.stringify(source), expected: "an IP address or a CIDR block" }];
      }
      const expected =
        "the carrier's own addresses, at most a /8 of IPv4 or a /7 of IPv6: their calls can prove numbers";
      return isTooWide(source) ? [{ path: at, given: JSON.stringify(source), expected }] : [];
    }),
  );
}

function inboundCallsAreClear({ trunks }: Sections, isSound: IsSound): Problem[] {
  const sources = Object.entries(trunks).flatMap(([name, trunk]) => {
    if (!isSound(["trunks", name, "sip"]) || trunk.sip === undefined) return [];
    return [configuredSource(name, trunk.sip, trunk.inbound !== undefined)];
  });
  return ambiguityProblems(sources);
}

function trunksUseTls(config: Sections, isSound: IsSound): Problem[] {
  const own = isSound(["sip"]) ? config.sip?.tls : null;
  return sipTrunks(config, isSound).flatMap(([path, sip]) => trunkTlsProblems(path, sip, own));
}
