import { beforeEach, describe, expect, it } from "vitest";
import { type ConversationEnd, converse } from "../../../../src/channels/voice/conversation.ts";
import type { AnsweredCall, PlaybackEnd } from "../../../../src/telephony/calls/ports.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const rules = { confirmKey: "1", maxPrompts: 2, keyWaitMs: 3000 };
const reading = ["onering/your-code", "digits/4", "digits/0", "digits/7", "digits/7"];
const second = ["onering/again", ...reading.slice(1)];
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A call whose person is the test. */
class FakeCall implements AnsweredCall {
  readonly clock = new ManualClock();
  readonly played: (readonly string[])[] = [];
  finished = 0;
  over = false;
  has: ReadonlySet<string> = new Set(["en"]);
  #end: ((how: PlaybackEnd) => void) | null = null;
  #key: (key: string) => void = () => undefined;

  languagesOf(): ReadonlySet<string> {
    return this.has;
  }
  play(sounds: readonly string[]): Promise<PlaybackEnd> {
    if (this.over) return Promise.resolve("over");
    this.played.push(sounds);
    return new Promise((resolve) => {
      this.#end = resolve;
    });
  }
  stopPlaying(): void {
    this.#end?.("stopped");
  }
  onKey(receiver: (key: string) => void): void {
    this.#key = receiver;
  }
  pause(ms: number): Promise<boolean> {
    return new Promise((resolve) => void this.clock.after(ms, () => resolve(!this.over)));
  }
  finish(): void {
    this.finished += 1;
  }
  async press(key: string): Promise<void> {
    this.#key(key);
    await settle();
  }
  async ends(how: PlaybackEnd): Promise<void> {
    this.#end?.(how);
    this.#end = null;
    await settle();
  }
  async passes(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settle();
  }
  async hangsUp(): Promise<void> {
    this.over = true;
    await this.ends("over");
    this.clock.advance(60_000);
    await settle();
  }
}

let call: FakeCall;
let spoken: number;
let end: ConversationEnd | null;
beforeEach(() => {
  call = new FakeCall();
  [spoken, end] = [0, null];
});

async function begin(changed: Partial<Parameters<typeof converse>[3]> = {}): Promise<void> {
  void converse(call, "4077", "en", { ...rules, ...changed }, () => {
    spoken += 1;
  }).then((how) => {
    end = how;
  });
  await settle();
}

describe("with a key to press", () => {
  it("the code is read out twice after it, and then we hang up", async () => {
    await begin();
    await call.passes(1000);
    expect(call.played).toEqual([["onering/press-1"]]);
    await call.ends("complete");
    await call.press("1");
    expect(call.played.at(-1)).toEqual(reading);
    expect(spoken).toBe(0);
    await call.ends("complete");
    expect(spoken).toBe(1);
    await call.passes(2000);
    expect(call.played.at(-1)).toEqual(second);
    await call.ends("complete");
    await call.passes(1000);
    expect([spoken, end, call.finished]).toEqual([1, "spoken", 1]);
  });

  it("it counts while the prompt plays, which is stopped", async () => {
    await begin();
    await call.passes(1000);
    await call.press("1");
    expect(call.played).toEqual([["onering/press-1"], reading]);
  });

  it("it counts before the prompt", async () => {
    await begin();
    await call.press("1");
    expect(call.played).toEqual([reading]);
  });

  it("another key is none, and pressing twice reads the code once", async () => {
    await begin();
    await call.passes(1000);
    await call.press("2");
    await call.press("#");
    expect(call.played).toEqual([["onering/press-1"]]);
    await call.press("1");
    await call.press("1");
    expect(call.played).toEqual([["onering/press-1"], reading]);
  });

  it("without it the prompt is repeated, no digit is played, and we hang up", async () => {
    await begin();
    for (let prompt = 0; prompt < 2; prompt++) {
      await call.passes(prompt === 0 ? 1000 : 3000);
      await call.ends("complete");
    }
    await call.passes(3000);
    expect(call.played).toEqual([["onering/press-1"], ["onering/press-1"]]);
    expect([spoken, end, call.finished]).toEqual([0, "not_confirmed", 1]);
  });

  it("a prompt that cannot be played ends it: nothing was confirmed", async () => {
    await begin();
    await call.passes(1000);
    await call.ends("failed");
    expect([spoken, end, call.finished]).toEqual([0, "playback_failed", 1]);
  });

  it.each([
    ["before the prompt", async () => undefined],
    ["within the prompt", () => call.passes(1000)],
    [
      "within the code",
      async () => {
        await call.passes(1000);
        await call.press("1");
      },
    ],
  ])("a hang-up %s leaves the code untold", async (_when, lead) => {
    await begin();
    await lead();
    await call.hangsUp();
    expect([spoken, end]).toEqual([0, "hung_up"]);
  });

  it("a hang-up in the second reading changes nothing", async () => {
    await begin();
    await call.press("1");
    await call.ends("complete");
    await call.passes(2000);
    await call.hangsUp();
    expect([spoken, end]).toEqual([1, "spoken"]);
  });
});

describe("otherwise", () => {
  it("without a key the code is read out after a moment", async () => {
    await begin({ confirmKey: null });
    expect(call.played).toEqual([]);
    await call.passes(1000);
    expect(call.played).toEqual([reading]);
  });

  it("what a set does not have around the digits is left out", async () => {
    call.has = new Set();
    await begin({ confirmKey: null });
    await call.passes(1000);
    expect(call.played).toEqual([reading.slice(1)]);
  });
});
