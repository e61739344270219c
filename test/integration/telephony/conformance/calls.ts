/** What a driver tells of calls, and how it ends them. */
import { describe, expect, it } from "vitest";
import { recordCalls } from "../../../support/call-log.ts";
import type { Step } from "../../../support/scenarios.ts";
import type { CallSetting, CallTraits } from "./setting.ts";

/** Whether it comes before our hang-up is a matter of milliseconds. */
const withoutReady = (types: readonly string[]) => types.filter((type) => type !== "ready");
const rings: readonly Step[] = [{ send: "180 Ringing" }, "canceled"];

export function tellsWhatHappens(setting: CallSetting, traits: CallTraits): void {
  const { tellsSipCallId, plays, derivesCauses = true } = traits;
  const { world, driver, log, place } = setting;

  describe("tells what happens to a call", () => {
    it("that rings, once however often and by whatever path Asterisk says so; and is hung up", async () => {
      const carrier = await world().carrier([{ send: "180 Ringing", sdp: true }, { send: "180 Ringing" }, "canceled"]);
      const callId = await place();
      await log().event(callId, "alerting");
      await driver().hangup(callId);
      const end = await log().event(callId, "ended");
      expect(
        log()
          .types(callId)
          .filter((type) => type !== "progress"),
      ).toEqual(["alerting", "ended"]);
      expect(derivesCauses ? [0, 16, 19] : [null]).toContain(end.q850Cause);
      const wire = await carrier.waitFor((messages) => messages.some(({ method }) => method === "CANCEL"));
      // A phone that reads "answered elsewhere" hides the missed call.
      const cancel = wire.find(({ method }) => method === "CANCEL");
      expect(cancel?.header("Reason").join()).not.toMatch(/cause=26|cause=200|elsewhere/i);
    });

    it("through progress, alerting and answer, in this order", async () => {
      await world().carrier([
        { send: "183 Session Progress", sdp: true },
        { pauseMs: 100 },
        { send: "180 Ringing" },
        { pauseMs: 100 },
        { send: "200 OK", sdp: true },
        "ack",
        "bye",
      ]);
      const callId = await place();
      await log().event(callId, "answered");
      await driver().hangup(callId);
      await log().event(callId, "ended");
      expect(withoutReady(log().types(callId))).toEqual(["progress", "alerting", "answered", "ended"]);
    });

    it("ready for sounds after the answer, where the driver can play any", async () => {
      await world().carrier([{ send: "180 Ringing" }, { send: "200 OK", sdp: true }, "ack", "bye"]);
      expect(driver().media !== null).toBe(plays);
      const callId = await place({ limitSeconds: 30 });
      await log().event(callId, plays ? "ready" : "answered");
      await driver().hangup(callId);
      await log().event(callId, "ended");
      const after = log().types(callId).slice(log().types(callId).indexOf("answered"));
      expect(after).toEqual(plays ? ["answered", "ready", "ended"] : ["answered", "ended"]);
    });

    it("answered with nothing before", async () => {
      const carrier = await world().carrier([{ send: "200 OK", sdp: true }, "ack", "bye"]);
      const callId = await place();
      await log().event(callId, "answered");
      await driver().hangup(callId);
      await log().event(callId, "ended");
      await carrier.waitFor((messages) => messages.some(({ method }) => method === "BYE"));
      expect(withoutReady(log().types(callId))).toEqual(["answered", "ended"]);
    });

    it.each([
      ["403 Forbidden", 21],
      ["404 Not Found", 1],
      ["408 Request Timeout", 18],
      ["410 Gone", 22],
      ["480 Temporarily Unavailable", 19],
      ["484 Address Incomplete", 28],
      ["486 Busy Here", 17],
      ["500 Server Internal Error", 38],
      ["503 Service Unavailable", 34],
      ["603 Decline", 21],
      ["604 Does Not Exist Anywhere", 1],
      ["608 Rejected", 127],
    ])("refused with %s", async (status, q850Cause) => {
      await world().carrier([{ send: status }, "ack"]);
      const callId = await place();
      const end = await log().event(callId, "ended");
      expect(end).toMatchObject({
        q850Cause: derivesCauses ? q850Cause : null,
        sipStatus: Number(status.slice(0, 3)),
      });
      expect(log().types(callId)).toEqual(["ended"]);
    });

    it("refused after it rang", async () => {
      await world().carrier([{ send: "180 Ringing" }, { pauseMs: 100 }, { send: "603 Decline" }, "ack"]);
      const callId = await place();
      expect(await log().event(callId, "ended")).toMatchObject({
        q850Cause: derivesCauses ? 21 : null,
        sipStatus: 603,
      });
      expect(log().types(callId)).toEqual(["alerting", "ended"]);
    });

    it("with the Call-ID that went over the wire, refused or hung up", async () => {
      const refusing = await world().carrier([{ send: "486 Busy Here" }, "ack"]);
      const refused = await log().event(await place(), "ended");
      const refusedWire = await refusing.waitFor((messages) => messages.some(({ method }) => method === "ACK"));
      const ringing = await world().carrier(rings);
      const callId = await place();
      await log().event(callId, "alerting");
      await driver().hangup(callId);
      const hungUp = await log().event(callId, "ended");
      const hungUpWire = await ringing.waitFor((messages) => messages.some(({ method }) => method === "CANCEL"));
      for (const [{ sipCallId }, wire] of [
        [refused, refusedWire],
        [hungUp, hungUpWire],
      ] as const) {
        const [onTheWire = "none"] = wire.find(({ method }) => method === "INVITE")?.header("Call-ID") ?? [];
        expect(sipCallId).toBe(tellsSipCallId ? onTheWire : null);
      }
    });

    it("offered the trunk's codecs, all of them and in the trunk's order", async () => {
      const carrier = await world().carrier([{ send: "486 Busy Here" }, "ack"]);
      await log().event(await place(), "ended");
      const [invite] = await carrier.messages();
      // alaw, ulaw (RFC 3551 section 6), as the trunk's file has them; 101: keys (RFC 4733), which voice calls need.
      expect(invite?.text).toMatch(/^m=audio \d+ RTP\/AVP 8 0 101\r?$/m);
    });

    it("redirected: it ends and goes nowhere else", async () => {
      const headers = ["Contact: <sip:+12025550199@127.0.0.1:5999>"];
      const carrier = await world().carrier([{ send: "302 Moved Temporarily", headers }, "ack"]);
      const callId = await place();
      await log().event(callId, "ended");
      const wire = await carrier.messages();
      expect(wire.filter(({ method }) => method === "INVITE")).toHaveLength(1);
      await setting.nothingIsUp();
    });

    it("that nobody responds to, hung up before any response", async () => {
      const callId = await place({ endpoint: "silent" });
      await driver().hangup(callId);
      await log().event(callId, "ended");
      expect(log().types(callId)).toEqual(["ended"]);
    });

    it("whose answer crosses our hang-up on the wire: it ends, and is taken down", async () => {
      const carrier = await world().carrier([{ send: "180 Ringing" }, "crossed", "bye"]);
      const callId = await place();
      await log().event(callId, "alerting");
      await driver().hangup(callId);
      await log().event(callId, "ended");
      await carrier.waitFor((messages) => messages.some(({ method }) => method === "BYE"));
      expect(
        log()
          .types(callId)
          .filter((type) => type === "ended"),
      ).toHaveLength(1);
    });

    it("that Asterisk ends by itself at its fail-safe", async () => {
      const carrier = await world().carrier(rings);
      const callId = await place({ failSafeSeconds: 1 });
      await log().event(callId, "ended");
      await carrier.waitFor((messages) => messages.some(({ method }) => method === "CANCEL"));
    });

    it("among many at once, whose ids start one another", async () => {
      await world().carrier(rings);
      const names = Array.from({ length: 30 }, (_, index) => `many${30 - index}`);
      const callIds = await Promise.all(names.map((callId) => place({ callId })));
      await Promise.all(callIds.map((callId) => log().event(callId, "alerting")));
      await Promise.all(callIds.map((callId) => driver().hangup(callId)));
      await Promise.all(callIds.map((callId) => log().event(callId, "ended")));
      for (const callId of callIds) expect(log().types(callId)).toEqual(["alerting", "ended"]);
    });

    it("whatever its receiver throws", async () => {
      await world().carrier([{ send: "486 Busy Here" }, "ack"]);
      driver().onEvent(() => {
        throw new Error("a receiver's mistake");
      });
      await place();
      await expect.poll(() => setting.logged()).toContain("a receiver's mistake");
      const after = recordCalls(driver());
      await after.event(await place(), "ended");
    });
  });

  describe("hangs up", () => {
    it("what is gone already, twice, and what never was", async () => {
      await world().carrier(rings);
      const callId = await place();
      await log().event(callId, "alerting");
      await Promise.all([driver().hangup(callId), driver().hangup(callId)]);
      await log().event(callId, "ended");
      await driver().hangup(callId);
      await driver().hangup("never-was");
    });
  });
}
