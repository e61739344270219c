/** Addresses of the SIP capture that a pattern cannot check. */
import { isIP } from "node:net";
import { isAddressOrBlock, isTooWide } from "../../shared/ip-address.ts";
import type { CrossCheck, IsSound } from "../../typed-yaml/cross-check.ts";
import type { Path, Problem } from "../../typed-yaml/errors.ts";
import type { SipCaptureConfig } from "./config.ts";

interface Sections {
  readonly sip_capture?: SipCaptureConfig;
}

export const sipCaptureChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["sip_capture"], problems: addressesAreValid },
];

function addressesAreValid({ sip_capture: capture }: Sections, isSound: IsSound): Problem[] {
  if (capture === undefined) return [];
  const problems: Problem[] = [];
  const check = (path: Path, given: string, isValid: (text: string) => boolean, expected: string) => {
    if (isSound(path) && !isValid(given)) problems.push({ path, given: JSON.stringify(given), expected });
  };
  check(["sip_capture", "host"], capture.host, (text) => isIP(text) !== 0, "an IP address");
  if (isSound(["sip_capture", "allow_from"])) {
    capture.allow_from.forEach((entry, index) => {
      const path = ["sip_capture", "allow_from", index];
      check(path, entry, isAddressOrBlock, "an IP address or a CIDR block");
      const expected =
        "the addresses of your own Asterisk servers, at most a /8 of IPv4 or a /7 of IPv6: packets are evidence";
      check(path, entry, (block) => !isTooWide(block), expected);
    });
  }
  return problems;
}
