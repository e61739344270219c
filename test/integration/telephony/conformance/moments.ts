/** The connection breaks at each moment of a call: the call comes to one end all the same, and none is left in Asterisk. */
import { describe, expect, it, vi } from "vitest";
import type { Step } from "../../../support/scenarios.ts";
import type { Setting } from "./setting.ts";

const rings: readonly Step[] = [{ send: "180 Ringing" }, "canceled"];

export function survivesBreaks(setting: Setting): void {
  const { world, driver, log, place, request, nothingIsUp, channelState, refusal } = setting;

  async function breaks(): Promise<void> {
    world().proxy.cut();
    await log().connection(false);
  }
  async function mends(): Promise<void> {
    world().proxy.restore();
    await log().connection(true);
  }
  /** Hangs up and waits for the end, which is told exactly once. */
  async function ends(callId: string): Promise<void> {
    await driver().hangup(callId);
    await vi.waitFor(() => expect(endsOf(callId)).toHaveLength(1), { timeout: 8000 });
    await nothingIsUp();
    expect(endsOf(callId)).toHaveLength(1);
  }
  const endsOf = (callId: string) =>
    log()
      .types(callId)
      .filter((type) => type === "ended" || type === "lost");

  describe("when the connection breaks", () => {
    it("before the originate is answered: no_response, and the call that went out is ended", async () => {
      const carrier = await world().carrier(rings);
      world().proxy.holdAnswers();
      const call = request();
      const refused = refusal(call);
      await carrier.waitFor((messages) => messages.some(({ method }) => method === "INVITE"));
      world().proxy.cut();
      expect(await refused).toBe("no_response");
      await mends();
      await ends(call.callId);
      await carrier.waitFor((messages) => messages.some(({ method }) => method === "CANCEL"));
    });

    it("between the originate's answer and ringing: the call goes on, and what was missed is told", async () => {
      await world().carrier([{ pauseMs: 500 }, { send: "180 Ringing" }, "canceled"]);
      const callId = await place();
      await breaks();
      await vi.waitFor(async () => expect(await channelState(callId)).toBe("Ringing"), { timeout: 5000 });
      await mends();
      await log().event(callId, "alerting");
      await ends(callId);
      expect(log().types(callId)).toEqual(["alerting", "ended"]);
    });

    it("as it rings: it is told once, and the call can be hung up after", async () => {
      await world().carrier(rings);
      const callId = await place();
      await log().event(callId, "alerting");
      await breaks();
      await mends();
      await ends(callId);
      expect(log().types(callId)).toEqual(["alerting", "ended"]);
    });

    it("while it rings, and the call ends meanwhile: it is lost", async () => {
      await world().carrier([{ send: "180 Ringing" }, { pauseMs: 500 }, { send: "486 Busy Here" }, "ack"]);
      const callId = await place();
      await log().event(callId, "alerting");
      await breaks();
      await nothingIsUp();
      world().proxy.restore();
      await log().event(callId, "lost");
      expect(log().types(callId)).toEqual(["alerting", "lost"]);
    });

    it("as it is answered: the answered call is hung up after", async () => {
      const carrier = await world().carrier([{ send: "200 OK", sdp: true }, "ack", "bye"]);
      const callId = await place();
      await log().event(callId, "answered");
      await breaks();
      await mends();
      await ends(callId);
      await carrier.waitFor((messages) => messages.some(({ method }) => method === "BYE"));
    });

    it("before it is answered: nobody stays on the line with a call that nobody saw answered", async () => {
      const carrier = await world().carrier([
        { send: "180 Ringing" },
        { pauseMs: 500 },
        { send: "200 OK", sdp: true },
        "ack",
        "bye",
      ]);
      const callId = await place();
      await log().event(callId, "alerting");
      await breaks();
      await carrier.waitFor((messages) => messages.some(({ method }) => method === "ACK"));
      await mends();
      await ends(callId);
      await carrier.waitFor((messages) => messages.some(({ method }) => method === "BYE"));
    });

    it("before the hang-up: that fails, and is made good", async () => {
      const carrier = await world().carrier(rings);
      const callId = await place();
      await log().event(callId, "alerting");
      await breaks();
      await expect(driver().hangup(callId)).rejects.toThrow();
      await mends();
      await carrier.waitFor((messages) => messages.some(({ method }) => method === "CANCEL"));
      await nothingIsUp();
      await expect.poll(() => endsOf(callId)).toHaveLength(1);
    });

    it("before the hang-up is answered: that fails, and the end is told once", async () => {
      const carrier = await world().carrier(rings);
      const callId = await place();
      await log().event(callId, "alerting");
      world().proxy.holdAnswers();
      const failed = expect(driver().hangup(callId)).rejects.toThrow();
      await carrier.waitFor((messages) => messages.some(({ method }) => method === "CANCEL"));
      world().proxy.cut();
      await failed;
      await mends();
      await nothingIsUp();
      await expect.poll(() => endsOf(callId)).toHaveLength(1);
    });
  });
}
