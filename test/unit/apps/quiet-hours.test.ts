/** Quiet hours by the callee's time zone: when they hold, and how long a call has to wait. */
import { describe, expect, it } from "vitest";
import type { QuietHours } from "../../../src/apps/bounds.ts";
import { profileOf } from "../../../src/apps/profile.ts";
import { quietForMs } from "../../../src/apps/quiet-hours.ts";
import { minuteOfDay, zonesOf } from "../../../src/numbers/time-zones.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const night: QuietHours = { from: 21 * 60, to: 8 * 60, action: "refuse" };
const siesta: QuietHours = { from: 13 * 60, to: 15 * 60 + 30, action: "refuse" };

/** In hours; null: no quiet hour. */
function waits(quiet: QuietHours, country: string, at: string): number | null {
  const ms = quietForMs(quiet, zonesOf(country), Date.parse(at), minuteOfDay);
  return ms === null ? null : ms / hourMs;
}

describe("quiet hours", () => {
  it("begin and end by the callee's clock, also past midnight", () => {
    // Japan has no summer time: UTC+9.
    expect(waits(night, "JP", "2026-03-01T11:59:59Z")).toBeNull();
    expect(waits(night, "JP", "2026-03-01T12:00:00Z")).toBe(11);
    expect(waits(night, "JP", "2026-03-01T16:30:00Z")).toBe(6.5);
    expect(waits(night, "JP", "2026-03-01T22:59:59Z")).toBeCloseTo(1 / 3600, 6);
    expect(waits(night, "JP", "2026-03-01T23:00:00Z")).toBeNull();
    expect(waits(siesta, "JP", "2026-03-01T04:00:00Z")).toBe(2.5);
    expect(waits(siesta, "JP", "2026-03-01T06:30:00Z")).toBeNull();
  });

  it("hold where it is a quiet hour in any of a country's zones, until it is one in none", () => {
    // In winter 13:00 in New York (UTC-5) is 08:00 in Honolulu and Adak (UTC-10).
    expect(waits(night, "US", "2026-01-15T17:59:00Z")).toBeCloseTo(1 / 60, 6);
    expect(waits(night, "US", "2026-01-15T18:00:00Z")).toBeNull();
    // 21:00 in New York: quiet again, until 08:00 in Honolulu.
    expect(waits(night, "US", "2026-01-16T02:00:00Z")).toBe(16);
  });

  it("follow a change of the clocks", () => {
    // In the night to 29 March 2026 clocks in Germany go forward: 08:00 is an hour earlier in UTC.
    expect(waits(night, "DE", "2026-03-28T20:00:00Z")).toBe(10);
    expect(waits(night, "DE", "2026-03-27T20:00:00Z")).toBe(11);
  });

  it("are every hour where zones leave none, or no zone is known", () => {
    const always: QuietHours = { from: 0, to: 23 * 60 + 59, action: "refuse" };
    const everywhere = ["Pacific/Honolulu", "Asia/Tokyo", "Europe/London"];
    expect(quietForMs(always, everywhere, Date.parse("2026-03-01T00:00:00Z"), minuteOfDay)).toBe(48 * hourMs);
    expect(quietForMs(night, [], 0, minuteOfDay)).toBe(48 * hourMs);
  });

  it("are read of a profile in minutes from midnight, and off without the key", () => {
    expect(profileOf({}).quietHours).toBeNull();
    expect(profileOf({ quiet_hours: { from: "21:30", to: "07:05", action: "skip" } }).quietHours).toEqual({
      ...{ from: 21 * 60 + 30, to: 7 * 60 + 5 },
      action: "skip",
    });
  });
});
