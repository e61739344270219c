/** What operators get of several processes where the others cannot be asked. */
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { type OwnViews, viewsOfAll } from "../../../src/app-peers.ts";
import type { Peers } from "../../../src/processes/peers.ts";
import { Refusal } from "../../../src/shared/refusal.ts";

const refusal = new Refusal("processes_unavailable", "The primary process has ended.", 5000);
const peers = { ask: () => Promise.reject(refusal), answer: () => undefined } as unknown as Peers;
const applied: string[] = [];
const own = {
  metrics: { registry: new Registry() },
  reload: {
    async reload(by: string) {
      applied.push(by);
      return { applied: [], needsRestart: [] };
    },
  },
  traces: () => [],
} as unknown as OwnViews;

test("metrics and traces are refused rather than those of one process alone", async () => {
  const { metrics, traces } = viewsOfAll(peers, own);
  await expect(metrics.scrape?.()).rejects.toBe(refusal);
  await expect(traces("v1")).rejects.toBe(refusal);
});

test("a reload is refused, and says that this process applied it", async () => {
  const { reload } = viewsOfAll(peers, own);
  await expect(reload.reload("key")).rejects.toMatchObject({
    code: "processes_unavailable",
    detail: "This process applied the configuration. The primary process has ended.",
  });
  expect(applied).toEqual(["key"]);
});
