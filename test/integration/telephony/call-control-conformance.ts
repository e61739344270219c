/** What every driver promises, run against a real Asterisk and a real SIP carrier. Each driver's test file calls it. */
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { afterEach, beforeEach, describe, expect, it, onTestFailed, vi } from "vitest";
import type { AsteriskConfig } from "../../../src/config/schema.ts";
import type { CallControl, CallRequest, OriginateRefusal } from "../../../src/telephony/call-control.ts";
import { ariRequest } from "../../support/ari-request.ts";
import { type CallLog, recordCalls } from "../../support/call-log.ts";
import { keepingLogger, withWorld } from "./world.ts";

export type DriverFactory = (asterisk: AsteriskConfig, logger: Logger) => CallControl;

/** Runs the suite. Call it at the top of a test file. */
export function describeCallControl(name: string, factory: DriverFactory): void {
  describe(name, () => {
    const world = withWorld();
    let driver: CallControl;
    let log: CallLog;
    let logs: ReturnType<typeof keepingLogger>;

    async function start(changed: Partial<AsteriskConfig> = {}): Promise<void> {
      logs = keepingLogger();
      driver = factory(world().config(changed), logs.logger);
      log = recordCalls(driver);
      await driver.start();
    }

    function request(changed: Partial<CallRequest> = {}): CallRequest {
      const numbers = { callee: "+447700900123", callerId: "+12025550147" };
      return { callId: randomUUID(), endpoint: "carrier", ...numbers, failSafeSeconds: 20, ...changed };
    }

    /** Places a call; gives its id. */
    async function place(changed: Partial<CallRequest> = {}): Promise<string> {
      const call = request(changed);
      await driver.originate(call);
      return call.callId;
    }

    async function refusal(call: CallRequest): Promise<OriginateRefusal | "placed"> {
      return driver.originate(call).then(
        () => "placed" as const,
        (error) => error.refusal as OriginateRefusal,
      );
    }

    const nothingIsUp = () => vi.waitFor(async () => expect(await world().channels()).toEqual([]), { timeout: 8000 });

    beforeEach(async () => {
      await start();
      await log.connection(true);
      onTestFailed(() => void process.stderr.write(logs.text()));
    });
    afterEach(async () => {
      world().proxy.restore();
      await driver.stop();
      for (const secret of [world().asterisk.ari.password, "12025550147", "447700900123"]) {
        expect(logs.text()).not.toContain(secret);
      }
      await nothingIsUp();
    });

    describe("tells what happens to a call", () => {
      it("that rings, once however often and by whatever way Asterisk says so; and is hung up", async () => {
        const carrier = await world().carrier([
          { send: "180 Ringing", sdp: true },
          { send: "180 Ringing" },
          "canceled",
        ]);
        const callId = await place();
        await log.event(callId, "alerting");
        await driver.hangup(callId);
        const end = await log.event(callId, "ended");
        expect(log.types(callId).filter((type) => type !== "progress")).toEqual(["alerting", "ended"]);
        expect([0, 16, 19]).toContain(end.q850Cause);
        const wire = await carrier.waitFor((messages) => messages.some(({ method }) => method === "CANCEL"));
        // A phone that reads "answered elsewhere" hides the missed call.
        const cancel = wire.find(({ method }) => method === "CANCEL");
        expect(cancel?.header("Reason").join()).not.toMatch(/cause=26|cause=200|elsewhere/i);
      });

      it("through progress, alerting and answer, in this order", async () => {
        const answer: Parameters<ReturnType<typeof world>["carrier"]>[0] = [
          { send: "183 Session Progress", sdp: true },
          { pauseMs: 100 },
          { send: "180 Ringing" },
          { pauseMs: 100 },
          { send: "200 OK", sdp: true },
          "ack",
          "bye",
        ];
        await world().carrier(answer);
        const callId = await place();
        await log.event(callId, "answered");
        await driver.hangup(callId);
        await log.event(callId, "ended");
        expect(log.types(callId)).toEqual(["progress", "alerting", "answered", "ended"]);
      });

      it("answered with nothing before", async () => {
        const carrier = await world().carrier([{ send: "200 OK", sdp: true }, "ack", "bye"]);
        const callId = await place();
        await log.event(callId, "answered");
        await driver.hangup(callId);
        await log.event(callId, "ended");
        await carrier.waitFor((messages) => messages.some(({ method }) => method === "BYE"));
        expect(log.types(callId)).toEqual(["answered", "ended"]);
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
        const end = await log.event(callId, "ended");
        expect(end).toMatchObject({ q850Cause, sipStatus: Number(status.slice(0, 3)) });
        expect(log.types(callId)).toEqual(["ended"]);
      });

      it("refused after it rang", async () => {
        await world().carrier([{ send: "180 Ringing" }, { pauseMs: 100 }, { send: "603 Decline" }, "ack"]);
        const callId = await place();
        expect(await log.event(callId, "ended")).toMatchObject({ q850Cause: 21, sipStatus: 603 });
        expect(log.types(callId)).toEqual(["alerting", "ended"]);
      });

      it("redirected: it ends and goes nowhere else", async () => {
        const headers = ["Contact: <sip:+12025550199@127.0.0.1:5999>"];
        const carrier = await world().carrier([{ send: "302 Moved Temporarily", headers }, "ack"]);
        const callId = await place();
        await log.event(callId, "ended");
        const wire = await carrier.messages();
        expect(wire.filter(({ method }) => method === "INVITE")).toHaveLength(1);
        expect(await world().channels()).toEqual([]);
      });

      it("that nobody responds to, hung up before any response", async () => {
        const callId = await place({ endpoint: "silent" });
        await driver.hangup(callId);
        await log.event(callId, "ended");
        expect(log.types(callId)).toEqual(["ended"]);
      });

      it("whose answer crosses our hang-up on the wire: it ends, and is taken down", async () => {
        const carrier = await world().carrier([{ send: "180 Ringing" }, "crossed", "bye"]);
        const callId = await place();
        await log.event(callId, "alerting");
        await driver.hangup(callId);
        await log.event(callId, "ended");
        await carrier.waitFor((messages) => messages.some(({ method }) => method === "BYE"));
        expect(log.types(callId).filter((type) => type === "ended")).toHaveLength(1);
      });

      it("that Asterisk ends by itself at its fail-safe", async () => {
        const carrier = await world().carrier([{ send: "180 Ringing" }, "canceled"]);
        const callId = await place({ failSafeSeconds: 1 });
        await log.event(callId, "ended");
        await carrier.waitFor((messages) => messages.some(({ method }) => method === "CANCEL"));
      });

      it("among many at once, whose ids start one another", async () => {
        await world().carrier([{ send: "180 Ringing" }, "canceled"]);
        const names = Array.from({ length: 30 }, (_, index) => `many${30 - index}`);
        const callIds = await Promise.all(names.map((callId) => place({ callId })));
        await Promise.all(callIds.map((callId) => log.event(callId, "alerting")));
        await Promise.all(callIds.map((callId) => driver.hangup(callId)));
        await Promise.all(callIds.map((callId) => log.event(callId, "ended")));
        for (const callId of callIds) expect(log.types(callId)).toEqual(["alerting", "ended"]);
      });

      it("whatever its receiver throws", async () => {
        await world().carrier([{ send: "486 Busy Here" }, "ack"]);
        driver.onEvent(() => {
          throw new Error("a receiver's mistake");
        });
        await place();
        await vi.waitFor(() => expect(logs.text()).toContain("a receiver's mistake"));
        log = recordCalls(driver);
        await log.event(await place(), "ended");
      });
    });

    describe("hangs up", () => {
      it("what is gone already, twice, and what never was", async () => {
        await world().carrier([{ send: "180 Ringing" }, "canceled"]);
        const callId = await place();
        await log.event(callId, "alerting");
        await Promise.all([driver.hangup(callId), driver.hangup(callId)]);
        await log.event(callId, "ended");
        await driver.hangup(callId);
        await driver.hangup("never-was");
      });
    });

    describe("refuses", () => {
      it("a second call with the same id, while the first goes on", async () => {
        await world().carrier([{ send: "180 Ringing" }, "canceled"]);
        const call = request();
        await driver.originate(call);
        expect(await refusal(call)).toBe("duplicate");
        await log.event(call.callId, "alerting");
        await driver.hangup(call.callId);
        await log.event(call.callId, "ended");
      });

      it("a trunk that Asterisk does not have, or whose carrier does not answer", async () => {
        expect(await refusal(request({ endpoint: "no-such-trunk" }))).toBe("trunk_down");
        const toGone = async () => {
          const call = request({ endpoint: "gone" });
          const said = await refusal(call);
          if (said === "placed") await driver.hangup(call.callId);
          return said;
        };
        // Asterisk asks its contacts for the first time within the first seconds of its life.
        await vi.waitFor(async () => expect(await toGone()).toBe("trunk_down"), { timeout: 15_000, interval: 500 });
      });

      it.each([
        [{ callee: "+4477009001\r\nX-Evil: 1" }],
        [{ callee: "447700900123@evil.example" }],
        [{ callee: "447700900123&PJSIP/100@other" }],
        [{ callerId: '"Your Bank" <+12025550147>' }],
        [{ callerId: "+12025550147\n" }],
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

      it("calls before it is started and after it was stopped", async () => {
        await driver.stop();
        expect(driver.connected).toBe(false);
        expect(await refusal(request())).toBe("not_connected");
      });
    });

    describe("without a connection", () => {
      it("with a wrong password stays not connected, says so, and lives", async () => {
        await driver.stop();
        await start({ ari_password: "not-the-password" });
        await vi.waitFor(() => expect(logs.text()).toMatch(/password/), { timeout: 5000 });
        expect(driver.connected).toBe(false);
        expect(logs.text()).not.toContain("not-the-password");
        expect(await refusal(request())).toBe("not_connected");
      });

      it("with nobody there stays not connected, says so, and connects when somebody comes", async () => {
        await driver.stop();
        world().proxy.cut();
        await start();
        expect(driver.connected).toBe(false);
        expect(logs.text()).toContain("unreachable");
        world().proxy.restore();
        await log.connection(true);
      });

      it("keeps a call that went on ringing through a break, and tells what it missed", async () => {
        await world().carrier([{ pauseMs: 500 }, { send: "180 Ringing" }, "canceled"]);
        const callId = await place();
        world().proxy.cut();
        await log.connection(false);
        await vi.waitFor(async () => expect(await channelState(callId)).toBe("Ringing"), { timeout: 5000 });
        world().proxy.restore();
        await log.connection(true);
        await log.event(callId, "alerting");
        await driver.hangup(callId);
        await log.event(callId, "ended");
        expect(log.types(callId)).toEqual(["alerting", "ended"]);
      });

      it("calls a call lost whose end it missed", async () => {
        await world().carrier([{ send: "180 Ringing" }, { pauseMs: 500 }, { send: "486 Busy Here" }, "ack"]);
        const callId = await place();
        await log.event(callId, "alerting");
        world().proxy.cut();
        await log.connection(false);
        await nothingIsUp();
        world().proxy.restore();
        await log.event(callId, "lost");
        expect(log.types(callId)).toEqual(["alerting", "lost"]);
      });

      it("fails a hang-up, and makes up for it when it is back", async () => {
        await world().carrier([{ send: "180 Ringing" }, "canceled"]);
        const callId = await place();
        await log.event(callId, "alerting");
        world().proxy.cut();
        await log.connection(false);
        await expect(driver.hangup(callId)).rejects.toThrow();
        world().proxy.restore();
        await log.connection(true);
        await nothingIsUp();
      });

      it("notices a link that is dead without a word, refuses calls meanwhile, and recovers", async () => {
        world().proxy.blackHole();
        const silent = request();
        expect(await refusal(silent)).toBe("no_response");
        await log.connection(false);
        expect(await refusal(request())).toBe("not_connected");
        world().proxy.restore();
        await log.connection(true);
        await driver.hangup(silent.callId);
        await nothingIsUp();
      });

      it("says no_response where Asterisk took the call and the answer was lost; its events are told", async () => {
        await world().carrier([{ send: "180 Ringing" }, "canceled"]);
        world().proxy.holdAnswers();
        const call = request();
        expect(await refusal(call)).toBe("no_response");
        await log.event(call.callId, "alerting");
        world().proxy.restore();
        await driver.hangup(call.callId);
        await log.event(call.callId, "ended");
      });

      it("hangs up what a gateway that died left ringing, and nothing of others", async () => {
        const carrier = await world().carrier([{ send: "180 Ringing" }, "canceled"]);
        await log.event(await place(), "alerting");
        await driver.stop();
        expect(await world().channels()).toHaveLength(1);
        // Another gateway, whose name starts with the same word.
        await start({ ari_app: "onering-2" });
        expect(await world().channels()).toHaveLength(1);
        await driver.stop();
        await start();
        await carrier.waitFor((messages) => messages.some(({ method }) => method === "CANCEL"));
      });

      it("survives the crash and the restart of Asterisk: calls are lost, new ones work", async () => {
        await world().carrier([{ send: "180 Ringing" }, "canceled"]);
        const callId = await place();
        await log.event(callId, "alerting");
        await world().asterisk.kill();
        await log.connection(false);
        expect(await refusal(request())).toBe("not_connected");
        await world().asterisk.restart();
        await log.connection(true);
        await log.event(callId, "lost");
        expect(logs.text()).toContain('"restarted":true');
        const carrier = await world().carrier([{ send: "180 Ringing" }, "canceled"]);
        const next = await place();
        await log.event(next, "alerting");
        await driver.hangup(next);
        await log.event(next, "ended");
        await carrier.waitFor((messages) => messages.some(({ method }) => method === "CANCEL"));
      });
    });

    async function channelState(callId: string): Promise<string | undefined> {
      const { body } = await ariRequest(world().asterisk, "GET", "/channels");
      return (body as { id: string; state: string }[]).find(({ id }) => id.includes(callId))?.state;
    }
  });
}
