import { systemClock } from "../../../src/clock.ts";
import { cryptoRandom } from "../../../src/random.ts";
import { createAriClientDriver } from "../../../src/telephony/drivers/ari-client/index.ts";
import { describeCallControl } from "./call-control-conformance.ts";

describeCallControl("the ari-client driver", (asterisk, logger) =>
  createAriClientDriver({ asterisk, clock: systemClock, random: cryptoRandom, logger }),
);
