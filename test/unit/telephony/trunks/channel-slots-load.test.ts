import { describe, expect, it } from "vitest";
import type { AsteriskConfig } from "../../../../src/telephony/asterisk/config.ts";
import type { TrunkPath } from "../../../../src/telephony/trunks/admission-port.ts";
import type { ChannelSlot } from "../../../../src/telephony/trunks/slots-port.ts";
import { telephonyConfig } from "../telephony-config.ts";
import { linesWith } from "./channel-slots-setting.ts";

describe("under load a slot", () => {
  it("is refused while 50 calls wait for its Asterisk, and goes through another one: phones rang for seconds too long", async () => {
    const main: TrunkPath = { trunk: "plus", asterisk: "main" };
    const second: TrunkPath = { trunk: "plus", asterisk: "second" };
    const { slots } = linesWith({
      paths: [main, second],
      asterisks: {
        main: telephonyConfig().asterisks.main as AsteriskConfig,
        second: telephonyConfig().asterisks.main as AsteriskConfig,
      },
      admission: { reserve: async () => ({ kind: "taken", path: 0, waitMs: 0 }) },
    });
    const start = () => slots.reserve("+447700900123", "shop");
    // All at once: each counts before Redis has answered.
    const taken = await Promise.all(Array.from({ length: 120 }, start));
    const through = (asterisk: string) =>
      taken.filter((slot): slot is ChannelSlot => "asterisk" in slot && slot.asterisk === asterisk);
    expect([through("main").length, through("second").length]).toEqual([50, 50]);
    expect(taken.slice(100)).toEqual(Array(20).fill({ none: "capacity", retryAfterMs: 500 }));
    const [first, other] = through("second") as [ChannelSlot, ChannelSlot];
    slots.placing(first);
    expect(await start()).toMatchObject(second);
    await slots.release(other);
    expect(await start()).toMatchObject(second);
    expect(await start()).toMatchObject({ none: "capacity" });
  });

  it("whose turn comes later by its trunk's pace waits for no Asterisk, and a call that failed over is not refused", async () => {
    let waitMs = 51;
    const { slots } = linesWith({ admission: { reserve: async () => ({ kind: "taken", path: 0, waitMs }) } });
    const start = () => slots.reserve("+447700900123", "shop");
    const paced = await Promise.all(Array.from({ length: 50 }, start));
    waitMs = 50;
    const soon = await Promise.all(Array.from({ length: 50 }, start));
    for (const slot of [...paced, ...soon]) expect(slot).toMatchObject({ asterisk: "main" });
    expect(await start()).toMatchObject({ none: "capacity" });
    expect(await slots.reserveAnother("+447700900123", "block", [], "shop")).toMatchObject({ asterisk: "main" });
  });

  it("is refused while the gateway is overloaded, and asks nothing of Redis; where no route leads, that is said first", async () => {
    const { slots, asked } = linesWith({ overloadedMs: 40 });
    expect(await slots.reserve("+447700900123", "shop")).toEqual({ none: "capacity", retryAfterMs: 40 });
    expect(await slots.reserve("+999", "shop")).toMatchObject({ none: "no_route" });
    expect(asked).toEqual([]);
  });
});
