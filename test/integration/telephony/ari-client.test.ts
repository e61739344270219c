import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { ariOf } from "../../../src/telephony/asterisk/access.ts";
import { createAriClientDriver } from "../../../src/telephony/asterisk/ari-client/index.ts";
import { describeCallControl } from "./call-control-conformance.ts";

describeCallControl({
  driver: "ari-client",
  create: (asterisk, logger) =>
    createAriClientDriver({ asterisk: ariOf(asterisk), clock: systemClock, random: cryptoRandom, logger }),
  listensAt: "ari",
  several: false,
  tellsSipCallId: true,
  plays: true,
});
