/** SIP settings that a pattern cannot check, or that do not fit each other. */
import { isIP, isIPv6 } from "node:net";
import { isAddressOrBlock, isTooWide } from "../../shared/ip-address.ts";
import type { CrossCheck, IsSound } from "../../typed-yaml/cross-check.ts";
import type { Path, Problem } from "../../typed-yaml/errors.ts";
import type { SipConfig } from "./config.ts";
import type { SipTrunkConfig } from "./trunk-config.ts";

interface Sections {
  readonly sip?: SipConfig;
  readonly asterisks: Readonly<Record<string, unknown>>;
  readonly trunks: Readonly<Record<string, { readonly sip?: SipTrunkConfig }>>;
}

export const sipChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["sip", "trunks"], problems: trunksHaveTheSection },
  { reads: ["sip", "asterisks"], problems: nameIsReserved },
  { reads: ["sip"], problems: ownAddressesAreValid },
  { reads: ["sip"], problems: listeningHasCertificate },
  { reads: ["trunks"], problems: accountsAreWhole },
  { reads: ["trunks"], problems: headersAreFree },
  { reads: ["trunks"], problems: sourcesAreValid },
  { reads: ["sip", "trunks"], problems: tlsIsUsed },
  { reads: ["sip", "trunks"], problems: signersHaveKeys },
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

function listeningHasCertificate({ sip }: Sections, isSound: IsSound): Problem[] {
  const tls = sip?.tls;
  if (tls === undefined || !isSound(["sip", "tls"])) return [];
  const { port, certificate_file: certificate, key_file: key } = tls;
  if ((certificate === undefined) !== (key === undefined)) {
    return [{ path: ["sip", "tls"], given: "one of them", expected: "both certificate_file and key_file, or neither" }];
  }
  if (port === undefined || certificate !== undefined) return [];
  const expected = "a file: to accept TLS connections (`port`) takes a certificate and its key";
  return [{ path: ["sip", "tls", "certificate_file"], given: "nothing", expected }];
}

function accountsAreWhole(config: Sections, isSound: IsSound): Problem[] {
  return sipTrunks(config, isSound).flatMap(([path, { username, password, realm, register, from }]) => {
    const need = (key: string, why: string): Problem => {
      return { path: [...path, key], given: "nothing", expected: `a value: ${why}` };
    };
    if (username === undefined) {
      const user = [
        ...(password === undefined ? [] : ["password"]),
        ...(realm === undefined ? [] : ["realm"]),
        ...(register === undefined ? [] : ["register"]),
        ...(from === "username" ? ["from: username"] : []),
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

/** Headers that the gateway writes itself, or that steer the transaction. */
const ownHeaders = new Set([
  ...["via", "from", "to", "call-id", "cseq", "max-forwards", "contact", "route", "record-route", "expires"],
  ...["content-type", "content-length", "content-encoding", "content-disposition", "authorization"],
  ...["proxy-authorization", "p-asserted-identity", "p-preferred-identity", "privacy", "identity", "diversion"],
  ...["require", "proxy-require", "supported", "allow", "rseq", "rack", "session-expires", "min-se", "user-agent"],
  ...["v", "f", "t", "i", "m", "c", "l", "e", "y", "k", "x"],
]);

function headersAreFree(config: Sections, isSound: IsSound): Problem[] {
  return sipTrunks(config, isSound).flatMap(([path, { headers }]) =>
    Object.keys(headers ?? {}).flatMap((name) => {
      if (!ownHeaders.has(name.toLowerCase())) return [];
      const expected = "a header that the gateway does not write itself; see the other keys of this section";
      return [{ path: [...path, "headers", name], given: name, expected }];
    }),
  );
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

function tlsIsUsed(config: Sections, isSound: IsSound): Problem[] {
  return sipTrunks(config, isSound).flatMap(([path, { tls, transport, outbound_proxy: proxy }]) => {
    if (tls === undefined) return [];
    if ((tls.certificate_file === undefined) !== (tls.key_file === undefined)) {
      const expected = "both certificate_file and key_file, or neither";
      return [{ path: [...path, "tls"], given: "one of them", expected }];
    }
    const used = proxy?.transport ?? transport;
    if (used === undefined || used === "tls") return [];
    return [
      {
        path: [...path, "tls"],
        given: `a section, with transport ${used}`,
        expected: "transport: tls, or no section tls",
      },
    ];
  });
}

function signersHaveKeys(config: Sections, isSound: IsSound): Problem[] {
  if (!isSound(["sip"]) || config.sip?.identity !== undefined) return [];
  return sipTrunks(config, isSound).flatMap(([path, { attestation }]) =>
    attestation === undefined || attestation === "none"
      ? []
      : [
          {
            path: [...path, "attestation"],
            given: attestation,
            expected: "a section sip.identity with the key to sign with",
          },
        ],
  );
}
