/** Files that others renew: noticed once they have settled, and read once. */
import { mkdtemp, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFileWatch } from "../../../src/config/file-watch.ts";

let dir: string;
let read: number;
let due: (() => void)[];
/** How often reading fails before it works. */
let failing: number;
let watch: ReturnType<typeof createFileWatch>;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-watch-"));
  [read, due, failing] = [0, [], 0];
});
afterEach(async () => {
  watch.stop();
  await rm(dir, { recursive: true });
});

const file = (name: string) => path.join(dir, name);

async function start(...names: string[]) {
  const clock = {
    after(_ms: number, callback: () => void) {
      due.push(callback);
      return () => void due.splice(due.indexOf(callback), 1);
    },
  };
  const changed = async () => {
    read += 1;
    if (failing-- > 0) throw new Error("the configuration's file is half edited");
  };
  watch = createFileWatch({ files: names.map(file), changed, clock });
  await watch.start();
}

/** One look; resolves when the next one is due. */
async function look() {
  due.shift()?.();
  await expect.poll(() => due.length).toBe(1);
}

test("what is there at the start was read, and nothing changes", async () => {
  await writeFile(file("a"), "1");
  await start("a", "missing");
  await look();
  await look();
  expect(read).toBe(0);
});

test("a certificate and its key that are written one after the other are read together", async () => {
  await Promise.all([writeFile(file("a"), "1"), writeFile(file("b"), "1")]);
  await start("a", "b");
  await writeFile(file("a"), "22");
  await look();
  await writeFile(file("b"), "22");
  await look();
  expect(read).toBe(0);
  await look();
  expect(read).toBe(1);
  await look();
  expect(read).toBe(1);
});

test("a link that leads elsewhere is a change, and so is a file that comes", async () => {
  await Promise.all([writeFile(file("1"), "1"), writeFile(file("2"), "two")]);
  await symlink(file("1"), file("link"));
  await start("link", "later");
  await unlink(file("link"));
  await symlink(file("2"), file("link"));
  await look();
  await look();
  expect(read).toBe(1);
  await writeFile(file("later"), "1");
  await look();
  await look();
  expect(read).toBe(2);
});

test("without files nothing is looked at", async () => {
  await start();
  expect(due).toEqual([]);
});

test("what could not be read is tried again, after longer and longer pauses, until it is", async () => {
  await writeFile(file("a"), "1");
  await start("a");
  failing = 3;
  await writeFile(file("a"), "22");
  const reads: number[] = [];
  for (let looks = 0; looks < 12; looks++) {
    await look();
    reads.push(read);
  }
  // The first look sees the change, and the second one that it has settled.
  expect(reads).toEqual([0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4]);
});
