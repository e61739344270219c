import { describe, expect, it } from "vitest";
import { type BacklogPlace, createBacklogs } from "../../../../src/telephony/trunks/backlogs.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

function world() {
  const clock = new ManualClock();
  const warnings: object[] = [];
  const backlogs = createBacklogs({ clock, logger: { warn: (fields: object) => void warnings.push(fields) } });
  const hasRoom = (asterisk = "main", app = "shop") => backlogs.hasRoom(asterisk, app);
  /** As many calls of an app as there is room for. */
  function fill(asterisk = "main", app = "shop"): BacklogPlace[] {
    const places: BacklogPlace[] = [];
    while (hasRoom(asterisk, app) && places.length < 10_000) places.push(backlogs.enter(asterisk, app));
    return places;
  }
  return { clock, backlogs, warnings, hasRoom, fill };
}

describe("the calls that wait for an Asterisk", () => {
  it("are 50 at most where it has replied to few", () => {
    const { hasRoom, fill } = world();
    expect(fill()).toHaveLength(50);
    expect(hasRoom()).toBe(false);
    expect(hasRoom("other")).toBe(true);
  });

  it("count until Asterisk has replied, and no longer where they are not placed", () => {
    const { backlogs, hasRoom, fill } = world();
    const [placed, given, ...others] = fill();
    placed?.placing();
    const replied = backlogs.originating("main");
    expect(hasRoom()).toBe(false);
    replied();
    expect(fill()).toHaveLength(1);
    given?.leave();
    given?.leave();
    expect(fill()).toHaveLength(1);
    expect(others).toHaveLength(48);
  });

  it("do not wait for the SIP engine: there is always room", () => {
    const { fill } = world();
    expect(fill("sip")).toHaveLength(10_000);
  });

  it("are what it replies to in 250 ms in its best second of late, of which a tenth is forgotten each second", () => {
    const replying = () => {
      const one = world();
      for (let call = 0; call < 1000; call++) one.backlogs.originating("main")();
      return one;
    };
    expect(replying().fill()).toHaveLength(250);
    const roomAfter = [1, 2, 3, 10, 60].map((seconds) => {
      const { clock, fill } = replying();
      clock.advance(seconds * 1000);
      return fill().length;
    });
    expect(roomAfter).toEqual([250, 225, 203, 97, 50]);

    const { clock, backlogs, fill } = replying();
    clock.advance(1000);
    for (let call = 0; call < 300; call++) backlogs.originating("main")();
    clock.advance(1000);
    expect(fill(), "a slower second does not undo it at once").toHaveLength(225);
  });

  it("leave room for a short stall of an Asterisk that is busy, after a pause too", () => {
    const { clock, backlogs, fill } = world();
    for (let call = 0; call < 600; call++) backlogs.originating("main")();
    clock.advance(3000);
    expect(fill().length).toBeGreaterThan(120);
  });

  it("of an app that asks all the time leave room for another one's, on their way and unanswered ones alike", () => {
    const { backlogs, hasRoom, fill } = world();
    const send = (places: readonly BacklogPlace[]) =>
      places.map((place) => {
        place.placing();
        return backlogs.originating("main");
      });
    const greedy = send(fill("main", "greedy"));
    expect(greedy).toHaveLength(50);
    const honest = fill("main", "honest");
    expect(honest).toHaveLength(5);
    const [replied] = send(honest);
    expect([hasRoom("main", "honest"), hasRoom("main", "greedy")]).toEqual([false, false]);
    replied?.();
    expect(fill("main", "honest")).toHaveLength(1);
    // At most a quarter more in all.
    const others = Array.from({ length: 10 }, (_, n) => fill("main", `app-${n}`).length);
    expect(others.reduce((sum, calls) => sum + calls, 0)).toBe(8);
    for (const reply of greedy) reply();
    expect(hasRoom("main", "greedy")).toBe(true);
  });

  it("are forgotten after 3 s: such a call is not placed any more", () => {
    const { clock, hasRoom, fill } = world();
    fill();
    clock.advance(2999);
    expect(hasRoom()).toBe(false);
    clock.advance(1);
    expect(fill()).toHaveLength(50);
  });

  it("are logged every 10 s at most while more are refused", () => {
    const { clock, backlogs, warnings, hasRoom, fill } = world();
    for (const place of fill()) {
      place.placing();
      backlogs.originating("main");
    }
    for (let second = 0; second < 15; second++) {
      for (let start = 0; start < 100; start++) expect(hasRoom()).toBe(false);
      clock.advance(1000);
    }
    expect(warnings).toEqual(Array(2).fill({ asterisk: "main", waiting: 50 }));
  });
});
