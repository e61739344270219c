/** Locks of folders: which are held, which are of a holder that is gone, and who gets those. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { claim } from "../../../../src/numbers/cleaning/database/directory.ts";
import { takeFolder } from "../../../../src/numbers/cleaning/files/folder.ts";
import { LockHeldError, takeLock } from "../../../../src/numbers/cleaning/lock-file.ts";
import type { LockHolder } from "../../../../src/numbers/cleaning/lock-holder.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "onering-lock-"));
  file = path.join(folder, "lock");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What this process writes. */
async function own(): Promise<LockHolder> {
  const release = await takeLock(file);
  const holder = JSON.parse(readFileSync(file, "utf8")) as LockHolder;
  await release();
  return holder;
}
/** A lock of another process. */
async function write(holder: Partial<LockHolder>, ageMs = 0, to = file): Promise<string> {
  const text = JSON.stringify({ ...(await own()), token: "theirs", ...holder });
  writeFileSync(to, text);
  touch(to, ageMs);
  return text;
}
function touch(of: string, ageMs: number): void {
  const at = (Date.now() - ageMs) / 1000;
  utimesSync(of, at, at);
}
const textNow = () => readFileSync(file, "utf8");
const minuteMs = 60_000;
/** Above the most that Linux gives. */
const noProcess = 2 ** 30;
const elsewhere = { host: "other", boot: "other", pidNamespace: "pid:[1]", pid: process.pid };

describe("a lock is held", () => {
  it("by this process, until it releases it", async () => {
    const release = await takeLock(file);
    await expect(takeLock(file)).rejects.toMatchObject({ isSeen: true });
    await release();
    expect(readdirSync(folder)).toEqual([]);
    await (await takeLock(file))();
  });

  it("by another process that runs", async () => {
    const child = spawn("sleep", ["60"]);
    try {
      const stat = readFileSync(`/proc/${child.pid}/stat`, "utf8");
      await write({ pid: child.pid ?? 0, started: stat.split(" ")[21] ?? "" }, 100 * minuteMs);
      await expect(takeLock(file)).rejects.toMatchObject({
        message: expect.stringMatching(new RegExp(`^${file} is held by process ${child.pid} of `)),
        isSeen: true,
      });
    } finally {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
    await (await takeLock(file))();
  });

  it.each<[string, Partial<LockHolder>]>([
    ["another host, though the process id is that of this process", elsewhere],
    ["another host, though no process here has its id", { ...elsewhere, pid: noProcess }],
    ["another container of this machine", { pidNamespace: "pid:[1]", host: "container" }],
    ["another container of the same name", { pidNamespace: "pid:[1]" }],
  ])("by a gateway of %s, that touched it within a minute", async (_, holder) => {
    const text = await write(holder, 50_000);
    await expect(takeLock(file)).rejects.toThrow(LockHeldError);
    await expect(takeLock(file)).rejects.toMatchObject({ message: expect.stringContaining(file), isSeen: false });
    await expect(takeFolder(folder)).rejects.toThrow(`${folder} is in use by process `);
    expect(textNow()).toBe(text);
  });

  it("where a process of an earlier version wrote its id, which is that of this process too, a moment ago", async () => {
    writeFileSync(file, String(process.pid));
    await expect(takeLock(file)).rejects.toThrow(`${file} is held by process ${process.pid}`);
    touch(file, 2 * minuteMs);
    await (await takeLock(file))();
  });

  it("where a process that runs wrote its id, of an earlier version, at any time since the machine started", async () => {
    writeFileSync(file, String(process.ppid));
    touch(file, 2 * minuteMs);
    await expect(takeLock(file)).rejects.toMatchObject({ isSeen: true });
    utimesSync(file, 1, 1);
    await (await takeLock(file))();
  });

  it("while it is being written", async () => {
    writeFileSync(file, "");
    await expect(takeLock(file)).rejects.toThrow("held by an unknown process");
  });

  it("by its holder's touch every 10 s", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const release = await takeLock(file);
      touch(file, 2 * minuteMs);
      vi.advanceTimersByTime(10_000);
      await expect.poll(() => Date.now() - statSync(file).mtimeMs).toBeLessThan(minuteMs);
      await release();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("in the folder of a table's run too", async () => {
    await write(elsewhere, 0, path.join(folder, "run.pid"));
    await expect(claim(folder)).rejects.toThrow(
      `another run works in ${folder}: ${folder}/run.pid is held by process ${process.pid} of other`,
    );
    await write({ pid: process.ppid, boot: "other" }, 0, path.join(folder, "run.pid"));
    await (await claim(folder))();
    expect(existsSync(path.join(folder, "run.pid"))).toBe(false);
  });
});

describe("a lock is taken from a holder that is gone", () => {
  it.each<[string, Partial<LockHolder>, number]>([
    ["another process has its id since the machine started anew", { pid: process.ppid, boot: "other" }, 0],
    ["another process has its id since", { pid: process.ppid, started: "1" }, 0],
    ["this process has its id since, as in a container that started anew", { started: "1" }, 0],
    ["no process has its id", { pid: noProcess }, 0],
    ["another host has not touched it for two minutes", elsewhere, 2 * minuteMs],
    ["another container has not, and it is of a time that is to come", elsewhere, -2 * minuteMs],
  ])("where %s", async (_, holder, ageMs) => {
    await write(holder, ageMs);
    const release = await takeLock(file);
    expect(JSON.parse(textNow())).toMatchObject({ pid: process.pid });
    await release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("by one of those that come at the same time", async () => {
    for (let round = 0; round < 50; round++) {
      await write(elsewhere, 2 * minuteMs);
      const takers = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(file)));
      const won = takers.filter((taker) => taker.status === "fulfilled");
      expect(won).toHaveLength(1);
      for (const taker of takers) if (taker.status === "rejected") expect(taker.reason).toBeInstanceOf(LockHeldError);
      await won[0]?.value();
      expect(readdirSync(folder)).toEqual([]);
    }
  });

  it("though a process was killed while it took it", async () => {
    await write(elsewhere, 2 * minuteMs);
    writeFileSync(`${file}.taken`, "");
    await expect(takeLock(file)).rejects.toThrow(`${file} is held by a process that is taking it`);
    touch(`${file}.taken`, 2 * minuteMs);
    await (await takeLock(file))();
    expect(readdirSync(folder)).toEqual([]);
  });
});

it("a lock that another has by now is not released, nor touched", async () => {
  const release = await takeLock(file);
  rmSync(file);
  const text = await write(elsewhere, 50_000);
  await release();
  expect(textNow()).toBe(text);
});
