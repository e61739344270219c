import { systemClock } from "../../../src/clock.ts";
import { ariOf } from "../../../src/config/asterisk-access.ts";
import { cryptoRandom } from "../../../src/random.ts";
import { createAriClientDriver } from "../../../src/telephony/drivers/ari-client/index.ts";
import { describeCallControl } from "./call-control-conformance.ts";

describeCallControl({
  driver: "ari-client",
  create: (asterisk, logger) =>
    createAriClientDriver({ asterisk: ariOf(asterisk), clock: systemClock, random: cryptoRandom, logger }),
  listensAt: "ari",
  several: false,
  tellsSipCallId: true,
});
