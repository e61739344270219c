import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { amiOf } from "../../../src/telephony/asterisk/access.ts";
import { createAsteriskManagerDriver } from "../../../src/telephony/asterisk/asterisk-manager/index.ts";
import { describeCallControl } from "./call-control-conformance.ts";

describeCallControl({
  driver: "asterisk-manager",
  create: (asterisk, logger) =>
    createAsteriskManagerDriver({ asterisk: amiOf(asterisk), clock: systemClock, random: cryptoRandom, logger }),
  listensAt: "ami",
  several: true,
  tellsSipCallId: false,
  plays: false,
});
