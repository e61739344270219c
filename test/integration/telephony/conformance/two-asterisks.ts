/** Two Asterisks in one process. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CallControl } from "../../../../src/telephony/call-control/port.ts";
import { type CallLog, recordCalls } from "../../../support/call-log.ts";
import { keepingLogger, withWorld } from "../world.ts";
import type { DriverUnderTest, Setting } from "./setting.ts";

export function worksWithTwo(setting: Setting, under: DriverUnderTest): void {
  describe("beside another in the same process", () => {
    const otherWorld = withWorld(under);
    let other: CallControl;
    let otherLog: CallLog;

    beforeEach(async () => {
      other = under.create(otherWorld().config(), keepingLogger().logger);
      otherLog = recordCalls(other);
      await other.start();
      await otherLog.connection(true);
    });
    afterEach(() => other.stop());

    it("places and tells its own calls, and lives on when the other's Asterisk dies", async () => {
      const { world, driver, log, request } = setting;
      const carriers = [
        await world().carrier([{ send: "180 Ringing" }, "canceled"]),
        await otherWorld().carrier([{ send: "180 Ringing" }, "canceled"]),
      ];
      // The same id on both: neither knows of the other's calls.
      const call = request();
      await Promise.all([driver().originate(call), other.originate(call)]);
      await log().event(call.callId, "alerting");
      await otherLog.event(call.callId, "alerting");
      expect(await world().channels()).toHaveLength(1);
      expect(await otherWorld().channels()).toHaveLength(1);

      await otherWorld().asterisk.kill();
      await otherLog.connection(false);
      expect(driver().connected).toBe(true);
      await driver().hangup(call.callId);
      await log().event(call.callId, "ended");
      await carriers[0]?.waitFor((messages) => messages.some(({ method }) => method === "CANCEL"));
      expect(otherLog.types(call.callId)).toEqual(["alerting"]);

      await otherWorld().asterisk.restart();
      await otherLog.event(call.callId, "lost");
      expect(log().types(call.callId)).toEqual(["alerting", "ended"]);
    });
  });
}
