/** Requests made from the OpenAPI document, right and wrong, to every route of a real gateway. `npm run fuzz` sends more. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FuzzedGateway, fuzzedDocument, scratchRecords, startFuzzedGateway } from "../../fuzz/gateway.ts";
import { fuzz, reportText } from "../../fuzz/run.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
let records: Awaited<ReturnType<typeof scratchRecords>>;
let gateway: FuzzedGateway;

beforeAll(async () => {
  records = await scratchRecords();
  gateway = await startFuzzedGateway(fuzzedDocument((await runtime.redis()).url, records.url));
});
afterAll(async () => {
  await gateway.stop();
  await records.remove();
});

test("10,000 requests made from the document get answers that it documents, in time, and no server error", async () => {
  // Always the same here, so that a fault is the change's; `npm run fuzz` takes another one each time.
  const seed = Number(process.env.FUZZ_SEED ?? 11);
  const report = await fuzz(gateway, { seed, requests: 10_000, connections: 16, deadlineMs: 15_000 });
  expect(report.faults, reportText(report)).toEqual([]);
  expect(report.complaints).toBe("");
  expect(report.requests).toBe(10_000);
  // Every operation was reached, and most were served at least once.
  const served = [...report.statuses].filter(([, counts]) =>
    [...counts.keys()].some((status) => status.startsWith("2")),
  );
  expect(served.length, reportText(report)).toBeGreaterThan(report.statuses.size * 0.9);
});
