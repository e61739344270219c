/** A test call that has a listener. */
import type { AsteriskConfig } from "../../telephony/asterisk/config.ts";
import type { TrunkConfig } from "../../telephony/trunks/config.ts";
import { asterisksOf } from "../../telephony/trunks/engines.ts";
import type { CrossCheck, IsSound } from "../../typed-yaml/cross-check.ts";
import type { Problem } from "../../typed-yaml/errors.ts";
import { didYouMean } from "../../typed-yaml/nearest.ts";
import type { CanaryConfig } from "./config.ts";

interface Sections {
  readonly canary?: CanaryConfig;
  readonly trunks: Readonly<Record<string, TrunkConfig>>;
  readonly asterisks: Readonly<Record<string, AsteriskConfig>>;
}

export const canaryChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["canary"], problems: canaryHasOneListener },
  { reads: ["canary", "trunks", "asterisks"], problems: canaryCanListen },
];

function canaryHasOneListener({ canary }: Sections, isSound: IsSound): Problem[] {
  if (canary === undefined || !isSound(["canary"])) return [];
  const given = (["inbound_trunk", "sandbox_url"] as const).filter((key) => canary[key] !== undefined);
  if (given.length === 1) return [];
  const expected = "exactly one of inbound_trunk, sandbox_url";
  return [{ path: ["canary"], given: given.join(" and ") || "none", expected }];
}

/** Over AMI, or where the trunk has `sip` through a running gateway. */
function canaryCanListen({ canary, trunks, asterisks }: Sections, isSound: IsSound): Problem[] {
  const name = canary?.inbound_trunk;
  const path = ["canary", "inbound_trunk"];
  if (name === undefined || !isSound(path)) return [];
  const trunk = trunks[name];
  if (trunk === undefined) {
    const expected = `the name of one of trunks${didYouMean(name, Object.keys(trunks))}`;
    return [{ path, given: JSON.stringify(name.slice(0, 80)), expected }];
  }
  if (!isSound(["trunks", name])) return [];
  if (trunk.sip !== undefined) {
    const needed = "a trunk with `inbound`, whose calls the gateway takes";
    return trunk.inbound === undefined ? [{ path, given: name, expected: needed }] : [];
  }
  const withoutAmi = asterisksOf(trunk).filter(
    (one) => isSound(["asterisks", one]) && asterisks[one]?.ami === undefined,
  );
  const expected = "a trunk of Asterisks with `ami`, over which its calls are observed";
  return withoutAmi.length === 0 ? [] : [{ path, given: `${name}, through ${withoutAmi.join(", ")}`, expected }];
}
