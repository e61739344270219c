import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { examineDriver } from "../../../../src/doctor/asterisk.ts";
import type { AriError } from "../../../../src/telephony/asterisk/ari/transport.ts";
import { PendingRequests } from "../../../../src/telephony/asterisk/ari-websocket/pending.ts";
import { answersOverWebSocket } from "../../../../src/telephony/asterisk/ari-websocket/version.ts";
import { manualClock } from "../../../support/manual-clock.ts";

describe("an Asterisk", () => {
  it.each([
    ["22.10.1+dfsg+~cs6.17.60671434-1", true],
    ["22.4.0", true],
    ["22.3.9", false],
    ["21.9.1", true],
    ["21.8.0", false],
    ["20.14.0", true],
    ["20.13.0", false],
    ["20.6.0~dfsg+~cs6.13.40431414-2build5", false],
    ["23.0.0", true],
    ["18.26.4", false],
    ["certified-20.7-cert9", false],
    ["certified-22.8-cert1", true],
    ["certified/22.8-cert1", true],
    ["GIT-master-08e19d081", null],
    ["GIT-22-22.0.0-pre1-212-g08e19d081", null],
    ["", null],
  ])("of version %s takes requests over the WebSocket: %s", (version, answers) => {
    expect(answersOverWebSocket(version)).toBe(answers);
  });

  it("that is too old is found by doctor, which says what to do", () => {
    const found = examineDriver("pbx", { driver: "ari-websocket" }, "20.6.0");
    expect(found).toMatchObject([{ level: "fail", fix: expect.stringContaining("driver: ari-client") }]);
    expect(examineDriver("pbx", { driver: "ari-client" }, "20.6.0")).toEqual([]);
    expect(examineDriver("pbx", { driver: "ari-websocket" }, "22.10.1")).toEqual([]);
  });
});

describe("requests that wait for an answer", () => {
  const deadlineMs = 2000;
  const errorOf = (error: AriError) => error.message;

  it("end 100 to 110 % of the deadline after they were sent, however they follow one another", () => {
    const steps = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(steps, (pausesMs) => {
        const clock = manualClock(0);
        const pending = new PendingRequests(deadlineMs, clock);
        const ends: { sentAtMs: number; endedAtMs: number; why: string }[] = [];
        const wait = (ms: number) => {
          for (let passed = 0; passed < ms; passed += 10) clock.advance(10);
        };
        for (const pauseMs of pausesMs) {
          const sentAtMs = clock.nowMs();
          const fail = (error: AriError) => ends.push({ sentAtMs, endedAtMs: clock.nowMs(), why: errorOf(error) });
          pending.add(() => undefined, fail);
          wait(pauseMs);
        }
        wait(2 * deadlineMs);
        expect(ends).toHaveLength(pausesMs.length);
        for (const { sentAtMs, endedAtMs, why } of ends) {
          expect(why).toBe("ETIMEDOUT");
          expect(endedAtMs - sentAtMs).toBeGreaterThanOrEqual(deadlineMs);
          expect(endedAtMs - sentAtMs).toBeLessThanOrEqual(1.1 * deadlineMs);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("are settled by the answer with their id, once, and never by another", () => {
    const pending = new PendingRequests(deadlineMs, manualClock(0));
    const told: string[] = [];
    const add = (name: string) =>
      pending.add(
        () => told.push(name),
        (error) => told.push(`${name}: ${errorOf(error)}`),
      );
    const first = add("first");
    const second = add("second");
    for (const request_id of [undefined, null, 7, {}, "", "999"]) pending.settle({ request_id });
    expect(told).toEqual([]);
    pending.settle({ request_id: second });
    pending.settle({ request_id: second });
    expect(told).toEqual(["second"]);
    pending.failAll();
    pending.settle({ request_id: first });
    expect(told).toEqual(["second", "first: ECONNRESET"]);
  });

  it("are bounded", () => {
    const pending = new PendingRequests(deadlineMs, manualClock(0));
    let added = 0;
    while (!pending.isFull && added < 1_000_000) {
      pending.add(
        () => undefined,
        () => undefined,
      );
      added += 1;
    }
    expect(added).toBeLessThan(20_000);
    pending.failAll();
    expect(pending.isFull).toBe(false);
  });
});
