/** Problems between the sources of trunks, which a single value does not show. */
import type { Path, Problem } from "../../typed-yaml/errors.ts";
import type { TransportProtocol } from "../transport/port.ts";
import { blocksOverlap, canonicalAddress } from "./addresses.ts";

/** A trunk's configuration as far as it decides which requests are its own. */
export interface ConfiguredSource {
  readonly name: string;
  /** Of its section `sip`. */
  readonly path: Path;
  /** Where its calls go: `host`, `outbound_proxy`; names or addresses. */
  readonly hosts: readonly string[];
  readonly sources: readonly string[];
  readonly protocol?: TransportProtocol;
  readonly domains: readonly string[];
  /** User part of the Contact that is registered for it. */
  readonly contactUser?: string;
  readonly certificateNames: readonly string[];
  /** Whether calls on it are reported. */
  readonly takesCalls: boolean;
}

/**
 * Trunks whose calls could not be told apart. Names that lead to one address only in DNS are not seen here; their
 * calls are refused without a report, and logged.
 */
export function ambiguityProblems(trunks: readonly ConfiguredSource[]): Problem[] {
  return trunks.flatMap((trunk, index) => {
    const other = trunks
      .slice(0, index)
      .find((one) => (one.takesCalls || trunk.takesCalls) && shareSource(one, trunk) && !differ(one, trunk));
    if (other === undefined) return [];
    const given = `a source that trunk ${other.name} has too`;
    const expected = "`domains` of its own in both trunks, so that each inbound call belongs to one of them";
    return [{ path: [...trunk.path, "domains"], given, expected }];
  });
}

function shareSource(one: ConfiguredSource, other: ConfiguredSource): boolean {
  const entries = ({ hosts, sources }: ConfiguredSource) => [...hosts.map(canonicalAddress), ...sources];
  return entries(one).some((own) => entries(other).some((their) => own === their || blocksOverlap(own, their)));
}

function differ(one: ConfiguredSource, other: ConfiguredSource): boolean {
  const names = ({ domains, contactUser }: ConfiguredSource) => [
    ...domains.map((domain) => `domain ${domain.toLowerCase()}`),
    ...(contactUser === undefined ? [] : [`user ${contactUser}`]),
  ];
  return areApart(names(one), names(other)) || areApart(one.certificateNames, other.certificateNames);
}

/** Both say something, and not the same. */
function areApart(some: readonly string[], others: readonly string[]): boolean {
  return some.length > 0 && others.length > 0 && !some.some((name) => others.includes(name));
}
