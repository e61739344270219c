import { systemClock } from "../../../src/clock.ts";
import { ariOf } from "../../../src/config/asterisk-access.ts";
import { cryptoRandom } from "../../../src/random.ts";
import { createAriWebSocketDriver } from "../../../src/telephony/drivers/ari-websocket/index.ts";
import { describeCallControl } from "./call-control-conformance.ts";

describeCallControl({
  driver: "ari-websocket",
  create: (asterisk, logger) =>
    createAriWebSocketDriver({ asterisk: ariOf(asterisk), clock: systemClock, random: cryptoRandom, logger }),
  listensAt: "ari",
  several: true,
  tellsSipCallId: true,
});
