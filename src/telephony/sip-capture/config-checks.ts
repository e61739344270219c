/** What a pattern cannot tell of the SIP tap's addresses. */
import { isIP, isIPv4 } from "node:net";
import type { CrossCheck, IsSound } from "../../config/checks.ts";
import type { Config } from "../../config/schema.ts";
import type { Path, Problem } from "../../typed-yaml/errors.ts";

export const sipTapChecks: readonly CrossCheck[] = [{ reads: ["sip_tap"], problems: addressesAreReal }];

function addressesAreReal({ sip_tap: tap }: Config, isSound: IsSound): Problem[] {
  if (tap === undefined) return [];
  const problems: Problem[] = [];
  const check = (path: Path, given: string, isReal: (text: string) => boolean, expected: string) => {
    if (isSound(path) && !isReal(given)) problems.push({ path, given: JSON.stringify(given), expected });
  };
  check(["sip_tap", "host"], tap.host, (text) => isIP(text) !== 0, "an IP address");
  if (isSound(["sip_tap", "allow_from"])) {
    tap.allow_from.forEach((entry, index) => {
      check(["sip_tap", "allow_from", index], entry, isAddressOrBlock, "an IP address or a CIDR block");
    });
  }
  return problems;
}

function isAddressOrBlock(text: string): boolean {
  const [address = "", bits] = text.split("/");
  return isIP(address) !== 0 && (bits === undefined || Number(bits) <= (isIPv4(address) ? 32 : 128));
}
