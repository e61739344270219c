/**
 * What every driver promises, run against a real Asterisk and a real SIP carrier. Each driver's test file calls it.
 * The connection is broken, and odd messages are put in, at the interface that the driver talks to.
 */
import { describe } from "vitest";
import { tellsWhatHappens } from "./conformance/calls.ts";
import { keepsItsConnection } from "./conformance/connection.ts";
import { survivesBreaks } from "./conformance/moments.ts";
import { survivesOddMessages } from "./conformance/odd-messages.ts";
import { refuses } from "./conformance/refusals.ts";
import { type DriverUnderTest, withSetting } from "./conformance/setting.ts";
import { worksWithTwo } from "./conformance/two-asterisks.ts";

/** Runs the suite. Call it at the top of a test file. */
export function describeCallControl(under: DriverUnderTest): void {
  describe(`the ${under.driver} driver`, () => {
    const setting = withSetting(under);
    tellsWhatHappens(setting, under);
    refuses(setting);
    keepsItsConnection(setting);
    survivesBreaks(setting);
    survivesOddMessages(setting, under);
    if (under.several) worksWithTwo(setting, under);
  });
}
