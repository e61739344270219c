import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createRingLog } from "../../../bench/calls/ring-log.ts";

let dir: string;
let file: string;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-ring-log-"));
  file = path.join(dir, "actions.log");
  await writeFile(file, "");
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** As SIPp 3.8 writes it. */
const line = (what: string, callee: string, seconds: string) =>
  `${what} ${callee} 2026-11-25\t15:59:02.123456\t${seconds}\n`;

it("says when each phone rang and was canceled, in milliseconds", async () => {
  const log = createRingLog(file);
  await appendFile(file, line("ringing", "+447100000001", "1764086342.123456"));
  await appendFile(file, line("ringing", "+447100000002", "1764086342.200000"));
  await appendFile(file, line("canceled", "+447100000001", "1764086343.125000"));
  const rings = await log.read();
  expect(rings.get("+447100000001")).toEqual({
    rangAtMs: expect.closeTo(1764086342123.456, 2),
    canceledAtMs: expect.closeTo(1764086343125, 2),
  });
  expect(rings.get("+447100000002")?.canceledAtMs).toBeNull();
});

it("reads a line that was half written when it was looked at", async () => {
  const log = createRingLog(file);
  const whole = line("ringing", "+447100000001", "1764086342.123456");
  await appendFile(file, whole.slice(0, 40));
  expect((await log.read()).size).toBe(0);
  await appendFile(file, whole.slice(40));
  expect((await log.read()).size).toBe(1);
});

it("forgets the calls of the step before", async () => {
  const log = createRingLog(file);
  await appendFile(file, line("ringing", "+447100000001", "1764086342.123456"));
  await log.forget();
  await appendFile(file, line("ringing", "+447100000002", "1764086344.123456"));
  expect([...(await log.read()).keys()]).toEqual(["+447100000002"]);
});
