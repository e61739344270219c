import { systemClock } from "../../../src/clock.ts";
import { amiOf } from "../../../src/config/asterisk-access.ts";
import { cryptoRandom } from "../../../src/random.ts";
import { createAsteriskManagerDriver } from "../../../src/telephony/drivers/asterisk-manager/index.ts";
import { describeCallControl } from "./call-control-conformance.ts";

describeCallControl({
  driver: "asterisk-manager",
  create: (asterisk, logger) =>
    createAsteriskManagerDriver({ asterisk: amiOf(asterisk), clock: systemClock, random: cryptoRandom, logger }),
  listensAt: "ami",
  several: true,
  tellsSipCallId: false,
});
