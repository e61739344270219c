/** Where no trunk rings on 183, Asterisk sends no `Dial` events: what a driver tells of ringing and answers stays the same. */
import { expect, it } from "vitest";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { ariOf } from "../../../src/telephony/asterisk/access.ts";
import { createAriWebSocketDriver } from "../../../src/telephony/asterisk/ari-websocket/index.ts";
import type { Step } from "../../support/scenarios.ts";
import { withSetting } from "./conformance/setting.ts";

const { world, driver, log, place } = withSetting({
  driver: "ari-websocket",
  create: (asterisk, logger) =>
    createAriWebSocketDriver({
      ...{ asterisk: ariOf(asterisk), clock: systemClock, random: cryptoRandom, logger },
      withProgress: false,
    }),
  listensAt: "ari",
  several: true,
  tellsSipCallId: true,
  plays: true,
});

const answer: readonly Step[] = [{ send: "200 OK", sdp: true }, "ack", "bye"];

it.each<[string, readonly Step[], string[]]>([
  ["180", [{ send: "180 Ringing" }, "canceled"], ["alerting"]],
  ["180 with SDP, of which Dial says PROGRESS", [{ send: "180 Ringing", sdp: true }, "canceled"], ["alerting"]],
  [
    "183, then 180",
    [{ send: "183 Session Progress", sdp: true }, { pauseMs: 50 }, { send: "180 Ringing" }, "canceled"],
    ["alerting"],
  ],
  ["180, then an answer", [{ send: "180 Ringing" }, { pauseMs: 50 }, ...answer], ["alerting", "answered"]],
  ["an answer at once", answer, ["answered"]],
])("tells of %s", async (_what, steps, expected) => {
  await world().carrier(steps);
  const callId = await place();
  await log().event(callId, expected.at(-1) as "alerting");
  await driver().hangup(callId);
  await log().event(callId, "ended");
  // Whether an answered call is ready for sounds before our hang-up is a matter of milliseconds.
  const types = log()
    .types(callId)
    .filter((type) => type !== "ready");
  expect(types).toEqual([...expected, "ended"]);
});
