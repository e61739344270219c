import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { ariOf } from "../../../src/telephony/asterisk/access.ts";
import { createAriWebSocketDriver } from "../../../src/telephony/asterisk/ari-websocket/index.ts";
import { describeCallControl } from "./call-control-conformance.ts";

describeCallControl({
  driver: "ari-websocket",
  create: (asterisk, logger) =>
    createAriWebSocketDriver({ asterisk: ariOf(asterisk), clock: systemClock, random: cryptoRandom, logger }),
  listensAt: "ari",
  several: true,
  tellsSipCallId: true,
  plays: true,
});
