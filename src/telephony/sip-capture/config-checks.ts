/** What a pattern cannot tell of the SIP capture's addresses. */
import { isIP, isIPv4 } from "node:net";
import type { CrossCheck, IsSound } from "../../config/checks.ts";
import type { Config } from "../../config/schema.ts";
import type { Path, Problem } from "../../typed-yaml/errors.ts";

export const sipCaptureChecks: readonly CrossCheck[] = [{ reads: ["sip_capture"], problems: addressesAreReal }];

function addressesAreReal({ sip_capture: capture }: Config, isSound: IsSound): Problem[] {
  if (capture === undefined) return [];
  const problems: Problem[] = [];
  const check = (path: Path, given: string, isReal: (text: string) => boolean, expected: string) => {
    if (isSound(path) && !isReal(given)) problems.push({ path, given: JSON.stringify(given), expected });
  };
  check(["sip_capture", "host"], capture.host, (text) => isIP(text) !== 0, "an IP address");
  if (isSound(["sip_capture", "allow_from"])) {
    capture.allow_from.forEach((entry, index) => {
      check(["sip_capture", "allow_from", index], entry, isAddressOrBlock, "an IP address or a CIDR block");
    });
  }
  return problems;
}

function isAddressOrBlock(text: string): boolean {
  const [address = "", bits] = text.split("/");
  return isIP(address) !== 0 && (bits === undefined || Number(bits) <= (isIPv4(address) ? 32 : 128));
}
