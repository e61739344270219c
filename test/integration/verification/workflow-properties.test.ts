/** Whatever happens to a workflow in whatever order, at two gateways: its promises hold. */
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { isTerminal } from "../../../src/verification/machine.ts";
import { newestOf, type Verification } from "../../../src/verification/types.ts";
import type { Letters } from "../../support/letter-channel/index.ts";
import { another, open, post, somebody, wire, withWorkflowWorld, world } from "./workflow-world.ts";
import { shop } from "./world.ts";

withWorkflowWorld();

const workflows = [
  ["post", "wire"],
  ["wire", "post", "missed_call"],
  ["missed_call", "post", "wire", "post"],
] as const;

const action = fc.oneof(
  fc.constantFrom("sent", "delivered", "undelivered", "unallocated", "late receipt").map((what) => ({ what, ms: 0 })),
  fc.constantFrom("here looks", "there looks", "both look", "person reads").map((what) => ({ what, ms: 0 })),
  fc
    .constantFrom("chooses post", "chooses wire", "wrong check", "post down", "post up")
    .map((what) => ({ what, ms: 0 })),
  fc.integer({ min: 1, max: 40_000 }).map((ms) => ({ what: "time passes", ms })),
);

it("no delivery is made twice, none after the end, and a status means what it says", async () => {
  await open({ settings: { start_gap_seconds: 0, starts_per_callee_per_hour: 100 } });
  const other = await another({ settings: { start_gap_seconds: 0, starts_per_callee_per_hour: 100 } });
  const { verifications: here, clock, placed } = world;
  const { verifications: there } = other.there;
  const look = () => Promise.all([here.settleDue(), there.settleDue()]);
  const posted = (id: string) =>
    [post, wire, other.post, other.wire].flatMap((letters: Letters) =>
      letters.posted.filter(({ verification }) => verification === id),
    );

  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...workflows), fc.array(action, { maxLength: 16 }), async (names, actions) => {
      post.fails(null);
      const workflow = names.map((channel) => ({ channel, waitMs: 20_000 }));
      const { id } = await here.start(shop, { to: somebody(), workflow }, null);
      let before: Verification = await here.get(shop, id);
      for (const { what, ms } of actions) {
        const letters = posted(id);
        const newest = letters.at(-1);
        if (what === "time passes") clock.advance(ms);
        else if (what === "sent" || what === "delivered" || what === "undelivered") await newest?.becomes(what);
        else if (what === "unallocated") await newest?.becomes("undelivered", "unallocated");
        else if (what === "late receipt") await letters[0]?.becomes("delivered");
        else if (what === "here looks") await here.settleDue();
        else if (what === "there looks") await there.settleDue();
        else if (what === "both look") await look();
        else if (what === "person reads") await there.get(shop, id, true);
        else if (what === "post down" || what === "post up") post.fails(what === "post down" ? "down" : null);
        else if (what === "wrong check") await here.check(shop, id, { code: "000" }).catch(() => undefined);
        else await here.resend(shop, id, what.slice("chooses ".length)).catch(() => undefined);
        await Promise.all([here.settled(), there.settled()]);

        // Each delivery that was begun is made once, at one gateway; perhaps a moment later.
        const now = await vi.waitFor(async () => {
          const found = await there.get(shop, id);
          const calls = [...placed, ...other.there.placed].filter(({ callId }) => callId.startsWith(id));
          const begun = found.deliveries.filter(({ details }) => details !== null).length;
          expect(posted(id).length + calls.length).toBe(begun);
          return found;
        });
        const { deliveries, status, workflow: plan } = now;
        expect(deliveries.map(({ number }) => number)).toEqual(deliveries.map((_, i) => i + 1));
        // Steps go forward only.
        expect(plan?.at).toBeGreaterThanOrEqual(before.workflow?.at ?? 0);
        if (isTerminal(before.status)) {
          expect(now.status).toBe(before.status);
          expect(deliveries.length).toBe(before.deliveries.length);
        }
        const failed = deliveries.filter(({ state }) => state === "failed").length;
        if (status === "undeliverable") {
          expect(newestOf(now).state).toBe("failed");
          const over = deliveries.some(({ reason }) => reason === "unallocated");
          if (!over) expect(plan?.at).toBe(names.length - 1);
        }
        if (status === "delivered") expect(failed).toBeLessThan(deliveries.length);
        expect(status).not.toBe("verified");
        before = now;
      }
      await here.cancel(shop, id).catch(() => undefined);
    }),
    { numRuns: 250 },
  );
}, 60_000);
