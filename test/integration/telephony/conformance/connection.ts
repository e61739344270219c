/** How a driver comes to its connection, how it notices that it is gone, and what it makes good afterwards. */
import { describe, expect, it, vi } from "vitest";
import type { Step } from "../../../support/scenarios.ts";
import { within } from "../../../support/within.ts";
import type { Setting } from "./setting.ts";

const rings: readonly Step[] = [{ send: "180 Ringing" }, "canceled"];
/** A deadline may be counted in steps by a chain of timers, of which each is a little late on a busy machine. */
const deadlineSlack = 1.5;
/** A ping that was in progress when answers were held has its own deadline a moment sooner, and ends all requests with it. */
const pingSlack = 0.9;

export function keepsItsConnection(setting: Setting): void {
  const { world, driver, log, logged, place, request, refusal, restart, nothingIsUp } = setting;

  /** How long something took until it was refused, in milliseconds. */
  async function untilRefused(work: Promise<unknown>): Promise<number> {
    const startedAtMs = performance.now();
    await expect(work).rejects.toThrow();
    return performance.now() - startedAtMs;
  }

  describe("without a connection", () => {
    it("with a wrong password stays not connected, says so, and lives", async () => {
      await restart(world().withPassword("not-the-password"));
      await vi.waitFor(() => expect(logged()).toMatch(/password/), { timeout: 5000 });
      expect(driver().connected).toBe(false);
      expect(logged()).not.toContain("not-the-password");
      expect(await refusal(request())).toBe("not_connected");
    });

    it("with nobody there stays not connected, says so, and connects when somebody comes", async () => {
      world().proxy.cut();
      await restart();
      expect(driver().connected).toBe(false);
      expect(logged()).toContain("unreachable");
      expect(await refusal(request())).toBe("not_connected");
      world().proxy.restore();
      await log().connection(true);
    });

    it("ends every request at its deadline, and no sooner", async () => {
      const deadlineMs = world().config().request_timeout_ms;
      await world().carrier(rings);
      world().proxy.holdAnswers();
      const call = request();
      const times = await Promise.all([
        within(deadlineMs * deadlineSlack, untilRefused(driver().originate(call))),
        within(deadlineMs * deadlineSlack, untilRefused(driver().hangup("never-was"))),
      ]);
      for (const tookMs of times) expect(tookMs).toBeGreaterThanOrEqual(deadlineMs * pingSlack);
      world().proxy.restore();
      await log().connection(true);
      await driver().hangup(call.callId);
    });

    it("notices a link that is dead without a word, refuses calls meanwhile, and recovers", async () => {
      world().proxy.blackHole();
      const silent = request();
      expect(await refusal(silent)).toBe("no_response");
      await log().connection(false);
      expect(await refusal(request())).toBe("not_connected");
      world().proxy.restore();
      await log().connection(true);
      await driver().hangup(silent.callId);
      await nothingIsUp();
    });

    it("says no_response where Asterisk took the call and the answer was lost; its events are told", async () => {
      await world().carrier(rings);
      world().proxy.holdAnswers();
      const call = request();
      expect(await refusal(call)).toBe("no_response");
      await log().event(call.callId, "alerting");
      world().proxy.restore();
      await log().connection(true);
      await driver().hangup(call.callId);
      await log().event(call.callId, "ended");
    });

    it("hangs up what a gateway that died left ringing, and nothing of others", async () => {
      const carrier = await world().carrier(rings);
      await log().event(await place(), "alerting");
      await driver().stop();
      expect(await world().channels()).toHaveLength(1);
      // Another gateway, whose name starts with the same word.
      await restart({ ari_app: "onering-2" });
      await log().connection(true);
      expect(await world().channels()).toHaveLength(1);
      await restart();
      await carrier.waitFor((messages) => messages.some(({ method }) => method === "CANCEL"));
    });

    it("survives the crash and the restart of Asterisk: calls are lost, new ones work", async () => {
      await world().carrier(rings);
      const callId = await place();
      await log().event(callId, "alerting");
      await world().asterisk.kill();
      await log().connection(false);
      expect(await refusal(request())).toBe("not_connected");
      await world().asterisk.restart();
      await log().connection(true);
      await log().event(callId, "lost");
      expect(logged()).toContain('"restarted":true');
      const carrier = await world().carrier(rings);
      const next = await place();
      await log().event(next, "alerting");
      await driver().hangup(next);
      await log().event(next, "ended");
      await carrier.waitFor((messages) => messages.some(({ method }) => method === "CANCEL"));
    });
  });
}
