/** Calls that are kept after their answer: sounds, keys and limits, over a real Asterisk and a real SIP far end. */

import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { findSounds } from "../../../src/local/fetch/sound-bundle.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { deferred } from "../../../src/shared/deferred.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { allSounds } from "../../../src/speech/sound-names.ts";
import type { AnsweredCall, CallResult, KeptCall } from "../../../src/telephony/calls/ports.ts";
import { createTelephony, type Telephony } from "../../../src/telephony/index.ts";
import { appsOf } from "../../support/apps.ts";
import { freeAdmission } from "../../support/free-admission.ts";
import { noLimits, patientRouting } from "../../support/patient-routing.ts";
import { plainNumbers } from "../../support/plain-numbers.ts";
import { openRtpEar, type RtpEar } from "../../support/rtp-ear.ts";
import type { Step } from "../../support/scenarios.ts";
import { loadReferences, type References, recognise } from "../../support/sound-match.ts";
import { keepingLogger, withWorld } from "./world.ts";

const slot = { leaseId: "l", asterisk: "main", trunk: "carrier", ranges: ["block"], waitMs: 0 };
const digits = (text: string) => [...text].map((digit) => `digits/${digit}`);

/** Both drivers at the same time, because a call lasts as long as its sounds; the calls of each one after the other. */
describe.concurrent.each(["ari-websocket", "ari-client"] as const)("an answered call over %s", (driver) => {
  describe.sequential("with Asterisk", () => {
    const world = withWorld({ driver });
    let ear: RtpEar;
    let references: References;
    let telephony: Telephony;
    let logs: ReturnType<typeof keepingLogger>;

    beforeAll(async () => {
      ear = await openRtpEar();
      const folder = await findSounds();
      if (folder === null) throw new Error("no sounds: run `npm run runtime -- --for-tests`");
      references = await loadReferences(world().asterisk, folder, "en", allSounds);
    });
    afterAll(() => ear.close());

    beforeEach(async () => {
      logs = keepingLogger();
      telephony = createTelephony({
        apps: appsOf(1),
        config: {
          asterisks: { main: world().config() },
          trunks: {
            carrier: {
              ...plainNumbers,
              asterisk: "main",
              endpoint: "carrier",
              ring_on: "180",
              ranges: ["block"],
              max_concurrent_calls: 50,
              calls_per_second: 1000,
            },
          },
          routes: [{ prefix: "+", trunks: ["carrier"] }],
          routing: patientRouting,
          limits: noLimits,
          calls: {
            ring_ms: 1000,
            setup_limit_ms: 2000,
            max_queue_ms: 0,
            max_trunks: 1,
            second_call_gap_ms: 3000,
            drain_ms: 30_000,
          },
        },
        admission: freeAdmission,
        watchedSounds: allSounds,
        clock: systemClock,
        random: cryptoRandom,
        logger: logs.logger,
      });
      await telephony.start();
      await vi.waitFor(() => expect(telephony.asterisks()).toEqual([["main", true]]), { timeout: 8000 });
      ear.forget();
    });
    afterEach(async () => {
      world().proxy.restore();
      await telephony.stop();
    });

    function place(keep: Partial<KeptCall> = {}) {
      const callId = randomUUID();
      const { promise: answered, resolve: answers } = deferred<AnsweredCall>();
      const { promise: ended, resolve: ends } = deferred<CallResult>();
      telephony.dialer.place(
        {
          ...{ callId, callee: "+447700900123", callerId: "+12025550147", range: "block", slot },
          keep: { ringMs: 3000, talkMs: 20_000, canServe: () => true, ...keep },
        },
        { calling: () => undefined, ringing: () => undefined, answered: answers, ended: ends },
      );
      return { callId, answered, ended };
    }

    const answer = (...then: Step[]): Step[] => [
      { send: "180 Ringing" },
      { pauseMs: 100 },
      { send: "200 OK", mediaPort: ear.port },
      "ack",
      ...then,
    ];

    it("plays sounds to their end, and is hung up by us", async ({ expect }) => {
      await world().carrier(answer("bye"));
      const call = place();
      const answered = await call.answered;
      expect(await answered.play(digits("3141592"), "en")).toBe("complete");
      answered.finish();
      expect(await call.ended).toMatchObject({ outcome: "answered", alerted: true, endedBy: "us", falseAnswer: false });
      const heard = recognise(ear.heard(), references);
      expect(heard.map(({ sound }) => sound)).toEqual(digits("3141592"));
      expect(heard.every(({ whole }) => whole)).toBe(true);
      expect(await answered.play(digits("1"), "en")).toBe("over");
      await expect.poll(() => world().channels()).toEqual([]);
    });

    it("reports keys while a sound plays, and stops it", async ({ expect }) => {
      await world().carrier(answer("bye"));
      const call = place();
      const answered = await call.answered;
      const keys: string[] = [];
      answered.onKey((key) => {
        keys.push(key);
        answered.stopPlaying();
      });
      const playing = answered.play(["onering/press-1"], "en");
      await expect.poll(() => ear.length, { interval: 20 }).toBeGreaterThan(8 * 500);
      await ear.press("1");
      expect(await playing).toBe("stopped");
      expect(await answered.play(digits("7"), "en")).toBe("complete");
      answered.finish();
      await call.ended;
      expect(keys).toEqual(["1"]);
      const heard = recognise(ear.heard(), references);
      expect(heard.map(({ sound, whole }) => [sound, whole])).toEqual([
        ["onering/press-1", false],
        ["digits/7", true],
      ]);
    });

    it("ends a playback as over, never as complete, where the callee hangs up during it", async ({ expect }) => {
      await world().carrier(answer({ pauseMs: 1500 }, "hang up"));
      const call = place();
      const answered = await call.answered;
      expect(await answered.play(digits("123456789"), "en")).toBe("over");
      expect(await call.ended).toMatchObject({ outcome: "answered", endedBy: "far_end" });
      expect(answered.over).toBe(true);
    });

    it("is complete though it ended while there was no connection to Asterisk", async ({ expect }) => {
      await world().carrier(answer("bye"));
      const call = place();
      const answered = await call.answered;
      const playing = answered.play(digits("12"), "en");
      await expect.poll(() => ear.length, { interval: 20 }).toBeGreaterThan(8 * 100);
      world().proxy.cut();
      await expect.poll(() => telephony.asterisks()).toEqual([["main", false]]);
      const before = ear.length;
      // Both digits take some 1.2 s.
      await expect.poll(() => ear.length - before, { interval: 100 }).toBeGreaterThan(8 * 1200);
      world().proxy.restore();
      expect(await playing).toBe("complete");
      answered.finish();
      expect(await call.ended).toMatchObject({ outcome: "answered", endedBy: "us" });
    });

    it("fails to play a sound that is not there", async ({ expect }) => {
      await world().carrier(answer("bye"));
      const call = place();
      const answered = await call.answered;
      expect(await answered.play(["onering/no-such-sound"], "en")).toBe("failed");
      expect(await answered.play(["digits/1", "onering/no-such-sound"], "en")).toBe("failed");
      answered.finish();
      await call.ended;
    });

    it("is hung up at its limit", async ({ expect }) => {
      await world().carrier(answer("bye"));
      const call = place({ talkMs: 1000 });
      await call.answered;
      const { talkMs, ...result } = await call.ended;
      expect(result).toMatchObject({ outcome: "answered", endedBy: "us" });
      expect(talkMs).toBeGreaterThanOrEqual(1000);
      expect(talkMs).toBeLessThan(2500);
    });

    it("is ended by Asterisk itself where the gateway is gone", async ({ expect }) => {
      const carrier = await world().carrier(answer("bye"));
      const call = place({ ringMs: 500, talkMs: 500 });
      await call.answered;
      // As a crash would: the dialer sends no hang-up any more.
      await telephony.stop();
      // setup_limit_ms, ringMs and talkMs are 3 s; the fail-safe comes 5 s later.
      await carrier.waitFor((messages) => messages.some(({ method }) => method === "BYE"), 12_000);
      await expect.poll(() => world().channels()).toEqual([]);
    });

    it("knows the languages of sounds", ({ expect }) => {
      const media = telephony.media("main");
      expect(media?.languagesOf("digits/1")).toContain("en");
      expect(media?.languagesOf("onering/press-1")).toContain("ru");
      expect(media?.languagesOf("digits/99")).toEqual(new Set());
    });
  });
});
