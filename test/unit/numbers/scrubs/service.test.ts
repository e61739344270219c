/** Lists that apps have cleaned: uploads, turns, ends, and what is left of them; the runner is a stand-in. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CleaningSummary } from "../../../../src/numbers/cleaning/ports.ts";
import { createScrubFolder, type ScrubFolder } from "../../../../src/numbers/scrubs/folder.ts";
import { ListProblem, type ListRunner } from "../../../../src/numbers/scrubs/ports.ts";
import { createScrubs, type ScrubsService } from "../../../../src/numbers/scrubs/service.ts";
import type { Scrub } from "../../../../src/numbers/scrubs/types.ts";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const asked = { column: "phone", country: "ID", format: null, header: null, keepLandlines: false } as const;
const summary: CleaningSummary = {
  ...{ rows: 3, clean: 2, rejected: 1, duplicates: 1, suggestions: 0 },
  ...{ by_reason: { duplicate: 1 }, by_country: { ID: 2 }, by_type: { mobile: 2 }, by_network: {} },
};
const hourMs = 3_600_000;

interface Run {
  readonly file: string;
  readonly aborted: () => boolean;
  progress(progress: Scrub["progress"]): void;
  end(summary: CleaningSummary | null): void;
  fail(error: Error): void;
}

let root: string;
let clock: ManualClock;
let opened: ScrubsService[] = [];
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "onering-scrubs-"));
  clock = new ManualClock();
});
afterEach(async () => {
  for (const one of opened) await one.stop();
  opened = [];
  rmSync(root, { recursive: true, force: true });
});

interface More {
  readonly perApp?: number;
  readonly publish?: (scrub: Scrub) => Promise<void>;
  readonly folder?: (real: ScrubFolder) => ScrubFolder;
}

function open(more: More = {}) {
  const runs: Run[] = [];
  const published: Scrub[] = [];
  const runner: ListRunner = {
    run: ({ file, signal, onFound, onProgress }) =>
      new Promise((resolve, reject) => {
        onFound({
          format: "csv",
          header: true,
          column: { name: "phone", guessedShare: null },
          country: { country: "ID", guessedShare: null },
        });
        signal.addEventListener("abort", () => resolve(null));
        runs.push({ file, aborted: () => signal.aborted, progress: onProgress, end: resolve, fail: reject });
      }),
  };
  const scrubs = createScrubs({
    config: { folder: root, max_bytes: 100, keep_hours: 24, per_app: more.perApp ?? 20, at_once: 1, max_minutes: 60 },
    folder: more.folder?.(createScrubFolder(root)) ?? createScrubFolder(root),
    runner,
    publish: more.publish ?? (async (scrub) => void published.push(scrub)),
    ...{ clock, random: cryptoRandom, logger: pino({ level: "silent" }) },
  });
  opened.push(scrubs);
  return { scrubs, runs, published };
}

async function uploaded(scrubs: ScrubsService, text = "phone\n0812\n", app = "shop"): Promise<string> {
  const { id } = await scrubs.create(app, "customers", asked);
  await scrubs.append(app, id, 0, Buffer.from(text));
  await scrubs.start(app, id);
  return id;
}

const stateOf = (scrubs: ScrubsService, id: string, app = "shop") => scrubs.find(app, id)?.state;

describe("an upload", () => {
  it("comes in pieces, each at the bytes that were received before", async () => {
    const { scrubs } = open();
    await scrubs.begin();
    const { id } = await scrubs.create("shop", "customers", asked);
    await scrubs.append("shop", id, 0, Buffer.from("phone\n"));
    await expect(scrubs.append("shop", id, 3, Buffer.from("x"))).rejects.toMatchObject({
      code: "conflict",
      detail: "`offset` is 3, and 6 bytes were received: go on from there.",
    });
    expect((await scrubs.append("shop", id, 6, Buffer.from("0812\n")))?.bytes).toBe(11);
    expect(readFileSync(path.join(root, id, "upload"), "utf8")).toBe("phone\n0812\n");
    expect([root, path.join(root, id)].map((folder) => statSync(folder).mode & 0o77)).toEqual([0, 0]);
    expect(statSync(path.join(root, id, "upload")).mode & 0o77).toBe(0);
  });

  it("is bounded: in bytes, and in lists of one app", async () => {
    const { scrubs } = open({ perApp: 1 });
    await scrubs.begin();
    const { id } = await scrubs.create("shop", "customers", asked);
    await expect(scrubs.append("shop", id, 0, Buffer.alloc(101))).rejects.toMatchObject({ code: "invalid_request" });
    await expect(scrubs.create("shop", "more", asked)).rejects.toMatchObject({ code: "rate_limited" });
    await expect(scrubs.create("bank", "theirs", asked)).resolves.toBeDefined();
    expect(await scrubs.start("shop", id).catch((error: unknown) => error)).toMatchObject({
      detail: expect.stringMatching(/^Nothing was uploaded yet; send the list/),
    });
  });

  it("is its app's alone, and no id leads out of the folder", async () => {
    const { scrubs } = open();
    await scrubs.begin();
    const { id } = await scrubs.create("shop", "customers", asked);
    expect(scrubs.find("bank", id)).toBeNull();
    expect(await scrubs.append("bank", id, 0, Buffer.from("x"))).toBeNull();
    expect(await scrubs.remove("bank", id)).toBe(false);
    for (const other of ["../x", "", "constructor", `${id}/..`]) expect(scrubs.find("shop", other)).toBeNull();
  });
});

describe("a run", () => {
  it("waits for its turn, finishes, and publishes its end once", async () => {
    const { scrubs, runs, published } = open();
    await scrubs.begin();
    const [first, second] = [await uploaded(scrubs), await uploaded(scrubs)];
    await expect.poll(() => runs.length).toBe(1);
    expect([stateOf(scrubs, first), stateOf(scrubs, second)]).toEqual(["running", "queued"]);
    runs[0]?.end(summary);
    await expect.poll(() => stateOf(scrubs, second)).toBe("running");
    expect(scrubs.find("shop", first)).toMatchObject({
      state: "finished",
      summary,
      progress: { rows: 3, share: 1 },
      found: { column: { name: "phone" } },
    });
    await expect.poll(() => published.map(({ id, state }) => [id, state])).toEqual([[first, "finished"]]);
  });

  it("saves its progress every few seconds, though the time of day is set back", async () => {
    const { scrubs, runs } = open();
    await scrubs.begin();
    const id = await uploaded(scrubs);
    await expect.poll(() => runs.length).toBe(1);
    clock.set(-hourMs);
    clock.pass(5000);
    runs[0]?.progress({ rows: 2, share: 0.5 });
    const saved = () => JSON.parse(readFileSync(path.join(root, id, "list.json"), "utf8")).progress;
    await expect.poll(saved).toEqual({ rows: 2, share: 0.5 });
  });

  it("that its list fails says what to change; any other failure says so in the log alone", async () => {
    const { scrubs, runs } = open();
    await scrubs.begin();
    const [first, second] = [await uploaded(scrubs), await uploaded(scrubs)];
    await expect.poll(() => runs.length).toBe(1);
    runs[0]?.fail(new ListProblem("the list has no column phone; pass `column`"));
    await expect.poll(() => scrubs.find("shop", first)?.problem).toBe("the list has no column phone; pass `column`");
    await expect.poll(() => runs.length).toBe(2);
    runs[1]?.fail(new Error("EIO: +6281234567890"));
    await expect.poll(() => stateOf(scrubs, second)).toBe("failed");
    expect(scrubs.find("shop", second)?.problem).not.toContain("+62");
  });

  it("that fails leaves no half of its results on the disk", async () => {
    const { scrubs, runs } = open();
    await scrubs.begin();
    const id = await uploaded(scrubs);
    await expect.poll(() => runs.length).toBe(1);
    mkdirSync(path.join(root, id, "results"));
    writeFileSync(path.join(root, id, "results", "clean.csv.part"), "phone\n+6281234567890\n");
    runs[0]?.fail(new ListProblem("the results are larger than 100 bytes"));
    await expect.poll(() => stateOf(scrubs, id)).toBe("failed");
    await expect.poll(() => readdirSync(path.join(root, id)).sort()).toEqual(["list.json", "upload"]);
  });

  it("ends with its gateway, and goes on with the next one", async () => {
    const before = open();
    await before.scrubs.begin();
    const id = await uploaded(before.scrubs);
    await expect.poll(() => before.runs.length).toBe(1);
    await before.scrubs.stop();
    const after = open();
    await after.scrubs.begin();
    await expect.poll(() => after.runs.length).toBe(1);
    after.runs[0]?.end(summary);
    await expect.poll(() => stateOf(after.scrubs, id)).toBe("finished");
  });

  it("of an app with many lists does not keep those of other apps waiting", async () => {
    const { scrubs, runs } = open();
    await scrubs.begin();
    const many = [await uploaded(scrubs), await uploaded(scrubs), await uploaded(scrubs)];
    clock.advance(1000);
    const theirs = await uploaded(scrubs, "phone\n0812\n", "bank");
    await expect.poll(() => runs.length).toBe(1);
    runs[0]?.end(summary);
    await expect.poll(() => stateOf(scrubs, theirs, "bank")).toBe("running");
    expect(many.map((id) => stateOf(scrubs, id))).toEqual(["finished", "queued", "queued"]);
  });

  it("whose state cannot be saved, as on a full disk, is tried again once a minute", async () => {
    let full = true;
    let saves = 0;
    const { scrubs, runs } = open({
      folder: (real) => ({
        ...real,
        async save(scrub) {
          if (scrub.state !== "running") return real.save(scrub);
          saves++;
          if (full) throw new Error("ENOSPC");
          return real.save(scrub);
        },
      }),
    });
    await scrubs.begin();
    const id = await uploaded(scrubs);
    await expect.poll(() => saves).toBe(1);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(saves).toBe(1);
    full = false;
    clock.advance(60_000);
    await expect.poll(() => runs.length).toBe(1);
    runs[0]?.end(summary);
    await expect.poll(() => stateOf(scrubs, id)).toBe("finished");
  });

  it("does not begin, and keeps no stop waiting, where it is stopped while its state is saved", async () => {
    let save: (() => void) | null = null;
    const { scrubs, runs } = open({
      folder: (real) => ({
        ...real,
        async save(scrub) {
          if (scrub.state === "running") await new Promise<void>((resolve) => (save = resolve));
          return real.save(scrub);
        },
      }),
    });
    await scrubs.begin();
    await uploaded(scrubs);
    await expect.poll(() => save).not.toBeNull();
    const stopped = scrubs.stop();
    (save as (() => void) | null)?.();
    await stopped;
    expect(runs).toEqual([]);
  });

  it("is stopped where its list is removed, and nothing is left", async () => {
    const { scrubs, runs, published } = open();
    await scrubs.begin();
    const id = await uploaded(scrubs);
    await expect.poll(() => runs.length).toBe(1);
    expect(await scrubs.remove("shop", id)).toBe(true);
    expect(runs[0]?.aborted()).toBe(true);
    expect([scrubs.find("shop", id), existsSync(path.join(root, id))]).toEqual([null, false]);
    expect(published).toEqual([]);
  });
});

it("a list that is removed while it is being saved does not come back", async () => {
  const folder = createScrubFolder(root);
  const { scrubs } = open();
  await scrubs.begin();
  const { id } = await scrubs.create("shop", "customers", asked);
  const scrub = scrubs.find("shop", id) as Scrub;
  const saved = Promise.all(Array.from({ length: 20 }, () => folder.save(scrub).catch(() => undefined)));
  await folder.remove(id);
  await saved;
  expect(existsSync(path.join(root, id))).toBe(false);
});

describe("a list", () => {
  it("expires a day after its end, and an upload that was not finished a day after its beginning", async () => {
    const { scrubs, runs } = open();
    await scrubs.begin();
    const id = await uploaded(scrubs);
    await scrubs.create("shop", "never started", asked);
    await expect.poll(() => runs.length).toBe(1);
    clock.advance(23 * hourMs);
    runs[0]?.end(summary);
    await expect.poll(() => stateOf(scrubs, id)).toBe("finished");
    clock.advance(2 * hourMs);
    await expect.poll(() => scrubs.list("shop").map((one) => one.id)).toEqual([id]);
    await expect.poll(() => clock.pending).toBe(1);
    clock.advance(24 * hourMs);
    await expect.poll(() => readdirSync(root).filter((name) => name.startsWith("scr_"))).toEqual([]);
  });

  it("whose end could not be published is published later", async () => {
    let failing = true;
    const published: string[] = [];
    const { scrubs, runs } = open({
      publish: async ({ id }) => {
        if (failing) throw new Error("Redis is away");
        published.push(id);
      },
    });
    await scrubs.begin();
    const id = await uploaded(scrubs);
    await expect.poll(() => runs.length).toBe(1);
    runs[0]?.end(summary);
    await expect.poll(() => stateOf(scrubs, id)).toBe("finished");
    failing = false;
    clock.advance(60_000);
    await expect.poll(() => published).toEqual([id]);
    expect(scrubs.find("shop", id)?.published).toBe(true);
  });
});

it("a folder that another gateway holds is refused at the start", async () => {
  const { scrubs } = open();
  await scrubs.begin();
  await expect(open().scrubs.begin()).rejects.toThrow(/scrubs\.folder: .* is in use by another gateway/);
});

it("a folder that a gateway out of sight holds keeps lists away, not the gateway, and is used once that one is gone", async () => {
  const lock = path.join(root, "lock");
  const theirs = JSON.stringify({ host: "other", boot: "b", pidNamespace: "p", pid: 1, started: "1", token: "t" });
  writeFileSync(lock, theirs);
  const { scrubs } = open();
  await scrubs.begin();
  const unavailable = { code: "store_unavailable", retryAfterMs: 60_000 };
  await expect(scrubs.create("shop", "customers", asked)).rejects.toMatchObject(unavailable);
  expect(readFileSync(lock, "utf8")).toBe(theirs);
  const twoMinutesAgo = Date.now() / 1000 - 120;
  utimesSync(lock, twoMinutesAgo, twoMinutesAgo);
  clock.advance(60_000);
  await expect.poll(() => scrubs.create("shop", "customers", asked).catch(() => null)).toMatchObject({ app: "shop" });
});

it.each([
  [
    "by this version",
    { host: hostname(), boot: "before", pidNamespace: "p", pid: process.ppid, started: "1", token: "t" },
  ],
  ["by an earlier version", process.ppid],
])(
  "a folder that was held before the machine started anew is used, though another program has that process id: %s",
  async (_, holder) => {
    const lock = path.join(root, "lock");
    writeFileSync(lock, JSON.stringify(holder));
    utimesSync(lock, 1, 1);
    const { scrubs } = open();
    await scrubs.begin();
    await expect(scrubs.create("shop", "customers", asked)).resolves.toMatchObject({ app: "shop" });
  },
);

it("a folder on a disk that is full keeps lists away, not the gateway, and is used once there is room", async () => {
  const full = () => Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  let room = false;
  const { scrubs } = open({
    folder: (real) => ({
      ...real,
      take: () => (room ? real.take() : Promise.reject(full())),
      write: () => Promise.reject(full()),
    }),
  });
  await scrubs.begin();
  const unavailable = { code: "store_unavailable", retryAfterMs: 60_000 };
  await expect(scrubs.create("shop", "customers", asked)).rejects.toMatchObject(unavailable);
  room = true;
  clock.advance(60_000);
  await expect.poll(() => scrubs.create("shop", "customers", asked).catch(() => null)).toMatchObject({ app: "shop" });
  const [{ id }] = scrubs.list("shop") as [Scrub];
  await expect(scrubs.append("shop", id, 0, Buffer.from("phone\n"))).rejects.toMatchObject(unavailable);
});
