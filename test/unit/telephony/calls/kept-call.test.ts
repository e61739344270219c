/** Calls that are kept after their answer: limits, playbacks, keys; the fake's Asterisk is the test. */
import { beforeEach, describe, expect, it } from "vitest";
import { longestOfAllMs } from "../../../../src/telephony/calls/call-times.ts";
import type { AnsweredCall, CallResult, KeptCall } from "../../../../src/telephony/calls/ports.ts";
import { telephonyConfig } from "../telephony-config.ts";
import { dialerSetting, lineOn } from "./dialer-setting.ts";

const keep: KeptCall = { ringMs: 25_000, talkMs: 40_000, canServe: () => true };
let setting: ReturnType<typeof dialerSetting>;
let answered: AnsweredCall | null;
let results: CallResult[];
let told: string[];

beforeEach(() => {
  setting = dialerSetting();
  [answered, results, told] = [null, [], []];
});

function place(): void {
  setting.dialer.place(
    { callId: "a1", callee: "+447700900123", callerId: "+12025550147", range: "block", slot: lineOn("plus"), keep },
    {
      calling: () => void told.push("calling"),
      ringing: () => void told.push("ringing"),
      answered(call) {
        told.push("answered");
        answered = call;
      },
      ended(result) {
        told.push("ended");
        results.push(result);
      },
    },
  );
}

const happens = (type: "alerting" | "answered" | "ready") => setting.control.happens({ type, callId: "a1" });
const settle = () => new Promise((resolve) => setImmediate(resolve));

async function answer(): Promise<AnsweredCall> {
  place();
  await settle();
  happens("alerting");
  setting.clock.advance(3000);
  happens("answered");
  happens("ready");
  if (answered === null) throw new Error("not told of the answer");
  return answered;
}

describe("a call that is kept", () => {
  it("is not hung up when it is answered, and rings by its own ring time", async () => {
    place();
    await settle();
    happens("alerting");
    setting.clock.advance(24_000);
    expect(setting.control.hungUp).toEqual([]);
    happens("answered");
    happens("ready");
    expect(told).toEqual(["calling", "ringing", "answered"]);
    expect(setting.control.hungUp).toEqual([]);
  });

  it("asks Asterisk to end it by itself, later than we would", async () => {
    place();
    await settle();
    const [request] = setting.control.placed;
    const dueSeconds = (request?.failSafeSeconds ?? 0) + keep.talkMs / 1000;
    expect(request?.limitSeconds).toBe(dueSeconds);
  });

  it("is hung up when the time to talk is over", async () => {
    await answer();
    setting.clock.advance(keep.talkMs);
    expect(setting.control.hungUp).toEqual(["a1"]);
    await settle();
    setting.ownEnd();
    await settle();
    expect(results).toMatchObject([{ outcome: "answered", endedBy: "us", ringMs: 3000, talkMs: keep.talkMs }]);
  });

  it("ended by the callee is the far end's, though its cause looks like our hang-up", async () => {
    await answer();
    setting.clock.advance(2000);
    setting.ends("a1", 16, null, null, 200);
    await settle();
    expect(results).toMatchObject([{ outcome: "answered", endedBy: "far_end", talkMs: 2000 }]);
    expect(setting.control.hungUp).toEqual([]);
  });

  it("is canceled while it talks", async () => {
    const call = await answer();
    setting.dialer.cancel("a1");
    expect(setting.control.hungUp).toEqual(["a1"]);
    expect(call.over).toBe(true);
    await settle();
    setting.ownEnd();
    await settle();
    expect(results).toMatchObject([{ outcome: "answered" }]);
  });

  it("is not placed by a driver that cannot play sounds", async () => {
    setting.control.media = null;
    place();
    await settle();
    expect(setting.control.placed).toEqual([]);
    expect(results).toMatchObject([{ outcome: "trunk_down", attempts: [] }]);
  });

  it("that was answered before it alerted is a false answer", async () => {
    place();
    await settle();
    happens("answered");
    happens("ready");
    setting.ends("a1", 16, null, null, 200);
    await settle();
    expect(results).toMatchObject([{ outcome: "answered", alerted: false, falseAnswer: true }]);
  });
});

describe("its playback", () => {
  it("is complete only where Asterisk says so", async () => {
    const call = await answer();
    const [one, other] = [call.play(["digits/1"], "en"), null];
    setting.control.happens({ type: "played", callId: "a1", playbackId: "p1", complete: true });
    expect([await one, other]).toEqual(["complete", null]);
    const failing = call.play(["digits/2"], "en");
    setting.control.happens({ type: "played", callId: "a1", playbackId: "p1", complete: true });
    setting.control.happens({ type: "played", callId: "a1", playbackId: "p2", complete: false });
    setting.clock.advance(500);
    expect(await failing).toBe("failed");
  });

  it("that fails just before the end of the call was cut off by a hang-up", async () => {
    const call = await answer();
    const playing = call.play(["digits/1"], "en");
    setting.control.happens({ type: "played", callId: "a1", playbackId: "p1", complete: false });
    setting.ends("a1", 16, null, null, 200);
    expect(await playing).toBe("over");
  });

  it("that is stopped does not count as complete, whatever Asterisk says", async () => {
    const call = await answer();
    const playing = call.play(["onering/press-1"], "en");
    call.onKey((key) => key === "1" && call.stopPlaying());
    setting.control.happens({ type: "key", callId: "a1", key: "1" });
    expect(setting.control.stopped).toEqual(["p1"]);
    setting.control.happens({ type: "played", callId: "a1", playbackId: "p1", complete: true });
    expect(await playing).toBe("stopped");
  });

  it("is stopped though the report of its end was lost with a connection", async () => {
    const call = await answer();
    setting.control.stops = false;
    const playing = call.play(["onering/press-1"], "en");
    call.stopPlaying();
    expect(await playing).toBe("stopped");
    const next = call.play(["digits/1"], "en");
    // The report was only late.
    setting.control.happens({ type: "played", callId: "a1", playbackId: "p1", complete: true });
    setting.control.happens({ type: "played", callId: "a1", playbackId: "p2", complete: true });
    expect(await next).toBe("complete");
  });

  it("fails where Asterisk refuses it", async () => {
    const call = await answer();
    setting.control.onPlay = () => Promise.reject(new Error("HTTP 404"));
    expect(await call.play(["digits/1"], "en")).toBe("failed");
  });

  it("and its pauses are over with the call", async () => {
    const call = await answer();
    const playing = call.play(["digits/1"], "en");
    const pausing = call.pause(60_000);
    setting.ends("a1", 16, null, null, 200);
    expect([await playing, await pausing, await call.play(["digits/2"], "en")]).toEqual(["over", false, "over"]);
    expect(setting.clock.pending).toBe(0);
  });
});

it("the SIP capture knows a call for as long as the longest kind takes", () => {
  const config = telephonyConfig();
  const voice = { ring_ms: 60_000, max_call_ms: 180_000 };
  expect(longestOfAllMs({ ...config, voice })).toBeGreaterThan(config.calls.setup_limit_ms + 60_000 + 180_000);
  expect(longestOfAllMs(config)).toBeLessThan(60_000);
});
