/** What a driver does not send. */
import { describe, expect, it, vi } from "vitest";
import type { CallRequest } from "../../../../src/telephony/call-control/port.ts";
import type { CallSetting, CallTraits } from "./setting.ts";

/** Each starts another line, and so another header, somewhere on the way to the carrier. */
const lineBreaks = ["\r\n", "\n", "\r", "\u2028", "\u0000"];
const fields = ["callId", "endpoint", "callee", "callerId", "failSafeSeconds"] as const;

export function refuses(setting: CallSetting, { noticesGone = true }: Pick<CallTraits, "noticesGone"> = {}): void {
  const { world, driver, log, request, refusal } = setting;

  describe("refuses", () => {
    it("a second call with the same id, while the first goes on", async () => {
      await world().carrier([{ send: "180 Ringing" }, "canceled"]);
      const call = request();
      await driver().originate(call);
      expect(await refusal(call)).toBe("duplicate");
      await log().event(call.callId, "alerting");
      await driver().hangup(call.callId);
      await log().event(call.callId, "ended");
    });

    it("a trunk that Asterisk does not have, or whose carrier does not answer", async () => {
      expect(await refusal(request({ endpoint: "no-such-trunk" }))).toBe("trunk_down");
      if (!noticesGone) return;
      const toGone = async () => {
        const call = request({ endpoint: "gone" });
        const said = await refusal(call);
        if (said === "placed") await driver().hangup(call.callId);
        return said;
      };
      // Asterisk asks its contacts for the first time within the first seconds of its life.
      await vi.waitFor(async () => expect(await toGone()).toBe("trunk_down"), { timeout: 15_000, interval: 500 });
    });

    it.each([
      [{ callee: "447700900123@evil.example" }],
      [{ callee: "447700900123&PJSIP/100@other" }],
      [{ callerId: '"Your Bank" <+12025550147>' }],
      [{ endpoint: "carrier,other" }],
      [{ endpoint: "../carrier" }],
      [{ callId: "x?app=other&timeout=999" }],
      [{ callId: "../../asterisk" }],
      [{ failSafeSeconds: -1 }],
    ])("to send %j", async (changed) => {
      const carrier = await world().carrier([{ send: "180 Ringing" }, "canceled"]);
      expect(await refusal(request(changed))).toBe("refused");
      expect(await world().channels()).toEqual([]);
      expect(await carrier.messages()).toEqual([]);
    });

    it.each(fields)("to send a line break or control character in %s", async (field) => {
      const carrier = await world().carrier([{ send: "180 Ringing" }, "canceled"]);
      const good = request();
      for (const lineBreak of lineBreaks) {
        for (const text of [
          `${good[field]}${lineBreak}`,
          `${lineBreak}${good[field]}`,
          `${good[field]}${lineBreak}Action: Command`,
        ]) {
          expect(await refusal({ ...good, [field]: text } as CallRequest)).toBe("refused");
          if (field === "callId") await expect(driver().hangup(text)).rejects.toThrow();
        }
      }
      expect(await world().channels()).toEqual([]);
      expect(await carrier.messages()).toEqual([]);
      expect(driver().connected).toBe(true);
    });

    it("calls after it was stopped", async () => {
      await driver().stop();
      expect(driver().connected).toBe(false);
      expect(await refusal(request())).toBe("not_connected");
    });
  });
}
