import { describe, expect, it } from "vitest";
import { type BacklogPlace, createBacklogs } from "../../../../src/telephony/trunks/backlogs.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

function world() {
  const clock = new ManualClock();
  const warnings: object[] = [];
  const backlogs = createBacklogs({ clock, logger: { warn: (fields: object) => void warnings.push(fields) } });
  /** As many calls as there is room for. */
  function fill(asterisk = "main"): BacklogPlace[] {
    const places: BacklogPlace[] = [];
    while (backlogs.hasRoom(asterisk) && places.length < 10_000) places.push(backlogs.enter(asterisk));
    return places;
  }
  return { clock, backlogs, warnings, fill };
}

describe("the calls that wait for an Asterisk", () => {
  it("are 50 at most where it has replied to few", () => {
    const { backlogs, fill } = world();
    expect(fill()).toHaveLength(50);
    expect(backlogs.hasRoom("main")).toBe(false);
    expect(backlogs.hasRoom("other")).toBe(true);
  });

  it("count until Asterisk has replied, and no longer where they are not placed", () => {
    const { backlogs, fill } = world();
    const [placed, given, ...others] = fill();
    placed?.leave();
    const replied = backlogs.originating("main");
    expect(backlogs.hasRoom("main")).toBe(false);
    replied();
    expect(fill()).toHaveLength(1);
    given?.leave();
    given?.leave();
    expect(fill()).toHaveLength(1);
    expect(others).toHaveLength(48);
  });

  it("are what it replies to in 250 ms, by the last second", () => {
    const { clock, backlogs, fill } = world();
    for (let call = 0; call < 1000; call++) backlogs.originating("main")();
    expect(fill()).toHaveLength(250);
    const later = world();
    for (let call = 0; call < 1000; call++) later.backlogs.originating("main")();
    later.clock.advance(1000);
    expect(later.fill()).toHaveLength(250);
    clock.advance(2000);
    expect(backlogs.hasRoom("main")).toBe(false);
    const quiet = world();
    for (let call = 0; call < 1000; call++) quiet.backlogs.originating("main")();
    quiet.clock.advance(2000);
    expect(quiet.fill()).toHaveLength(50);
  });

  it("are forgotten after 3 s: such a call is not placed any more", () => {
    const { clock, backlogs, fill } = world();
    fill();
    clock.advance(2999);
    expect(backlogs.hasRoom("main")).toBe(false);
    clock.advance(1);
    expect(fill()).toHaveLength(50);
  });

  it("are logged every 10 s at most while more are refused", () => {
    const { clock, backlogs, warnings } = world();
    for (let call = 0; call < 50; call++) backlogs.originating("main");
    for (let second = 0; second < 15; second++) {
      for (let start = 0; start < 100; start++) expect(backlogs.hasRoom("main")).toBe(false);
      clock.advance(1000);
    }
    expect(warnings).toEqual(Array(2).fill({ asterisk: "main", waiting: 50 }));
  });
});
