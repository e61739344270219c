/** The whole gateway with its records on a real PostgreSQL, which stands still while it verifies. Wide: test/trials/records.ts. */
import { expect, test } from "vitest";
import { recordsUnderLoad } from "../../trials/records.ts";

test("PostgreSQL stands still for 4 s under 50 verifications a second: none refused, 0 events lost, 0 doubled", async () => {
  const found = await recordsUnderLoad({ perSecond: 50, beforeMs: 2000, awayMs: 4000, afterMs: 2000, how: "freeze" });
  expect(found).toMatchObject({ refused: 0, incomplete: 0 });
  expect(found.started).toBeGreaterThan(300);
  // Started, sent, ended; what is canceled before it is known to be sent has no event of that. None is missing: `incomplete`.
  expect(found.events).toBeGreaterThan(found.started * 2.9);
  expect(found.events).toBeLessThanOrEqual(found.started * 3);
  expect(found.cdrs).toBe(found.started);
  expect(found.backlog).toBeGreaterThan(100);
  expect(found.drainedMs).toBeLessThan(15_000);
  expect(new Set(found.readyStatuses)).toEqual(new Set([200]));
}, 60_000);
