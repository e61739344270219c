/** The process that cleans a list: it ends when it is to, whatever the list does to it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openList } from "../../../../src/numbers/cleaning/files/list.ts";
import { createListRunner, type RunLimits } from "../../../../src/numbers/scrubs/runner.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const numbers = {
  ...{ allowed_countries: [], denied_countries: [], denied_prefixes: [] },
  fixed_line_or_mobile: "allow",
} as const;
const options = { column: "phone", country: "ID", format: null, header: null, keepLandlines: false } as const;

let root: string;
let clock: ManualClock;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "onering-runner-"));
  clock = new ManualClock();
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function run(list: string, signal: AbortSignal, mostResultBytes = 1e9, more: Partial<RunLimits> = {}) {
  const file = path.join(root, "upload");
  writeFileSync(file, list);
  const runner = createListRunner(() => numbers, { clock, longestMinutes: 60, mostResultBytes, ...more });
  const folder = path.join(root, "results");
  return runner.run({ file, folder, options, signal, onFound: () => undefined, onProgress: () => undefined });
}

const never = new AbortController().signal;
const long = `phone\n${"081234567890\n".repeat(500_000)}`;

it("a process that is busy with a batch is ended all the same, and its list goes on at the next start", async () => {
  const abort = new AbortController();
  const running = run(long, abort.signal);
  abort.abort();
  clock.advance(5000);
  expect(await running).toBeNull();
});

it("a list that takes too long fails, and the next one has its turn", async () => {
  const running = run(long, never);
  clock.advance(3_600_000);
  await expect(running).rejects.toThrow("cleaning it took longer than 60 minutes (scrubs.max_minutes)");
  expect(clock.pending).toBe(0);
});

it("results that are far larger than their list do not fill the disk", async () => {
  await expect(run(`phone${",a".repeat(500)}\n${"1\n".repeat(2000)}`, never, 100_000)).rejects.toThrow(
    "the results are larger than 100000 bytes",
  );
});

it("a run that finished just before its gateway was killed is finished at the next start too", async () => {
  const list = "phone\n081234567890\n0812\n";
  const first = await run(list, never);
  expect(first).toMatchObject({ rows: 2, clean: 1, rejected: 1 });
  expect(await run(list, never)).toEqual(first);
});

it("a run that an update of the gateway interrupted begins anew, by the new policy", async () => {
  const file = path.join(root, "upload");
  writeFileSync(file, `phone\n${"081234567890\n".repeat(20_000)}`);
  const abort = new AbortController();
  const before = await openList({
    ...{ file, folder: path.join(root, "results"), column: "phone", format: null, header: null, sheet: null },
    ...{ policy: { numbers, country: "ID", keepLandlines: true }, encoding: null, delimiter: null },
    ...{ resume: "auto", threads: 0, commitEveryMs: 0 },
  });
  const { finished } = await before.run({ signal: abort.signal, onProgress: () => abort.abort() });
  expect(finished).toBe(false);
  expect(await run(`phone\n${"081234567890\n".repeat(20_000)}`, never)).toMatchObject({ rows: 20_000, clean: 1 });
});

it("a list that needs more memory than it may have fails, and the gateway lives on", async () => {
  await expect(run(long, never, 1e9, { mostHeapMb: 8 })).rejects.toThrow(
    "cleaning it needs more memory than it may have (8 MB); split the list",
  );
});
