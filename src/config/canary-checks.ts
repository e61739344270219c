/** A canary that can be heard. */
import { asterisksOf } from "../telephony/trunks/routes.ts";
import type { Problem } from "../typed-yaml/errors.ts";
import { didYouMean } from "../typed-yaml/nearest.ts";
import type { CrossCheck, IsSound } from "./checks.ts";
import type { Config } from "./schema.ts";

export const canaryChecks: readonly CrossCheck[] = [
  { reads: ["canary"], problems: canaryIsHeardOnce },
  { reads: ["canary", "trunks", "asterisks"], problems: canaryIsHeardOverAmi },
];

function canaryIsHeardOnce({ canary }: Config, isSound: IsSound): Problem[] {
  if (canary === undefined || !isSound(["canary"])) return [];
  const given = (["inbound_trunk", "sandbox_url"] as const).filter((key) => canary[key] !== undefined);
  if (given.length === 1) return [];
  const expected = "exactly one of inbound_trunk, sandbox_url";
  return [{ path: ["canary"], given: given.join(" and ") || "none", expected }];
}

function canaryIsHeardOverAmi({ canary, trunks, asterisks }: Config, isSound: IsSound): Problem[] {
  const name = canary?.inbound_trunk;
  const path = ["canary", "inbound_trunk"];
  if (name === undefined || !isSound(path)) return [];
  const trunk = trunks[name];
  if (trunk === undefined) {
    const expected = `the name of one of trunks${didYouMean(name, Object.keys(trunks))}`;
    return [{ path, given: JSON.stringify(name.slice(0, 80)), expected }];
  }
  if (!isSound(["trunks", name])) return [];
  const deaf = asterisksOf(trunk).filter((one) => isSound(["asterisks", one]) && asterisks[one]?.ami === undefined);
  const expected = "a trunk of Asterisks with `ami`, over which its calls are heard";
  return deaf.length === 0 ? [] : [{ path, given: `${name}, through ${deaf.join(", ")}`, expected }];
}
