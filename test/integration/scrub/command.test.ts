/** `onering scrub` as a person runs it. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { writeList } from "../../../bench/scrub/list.ts";
import { createDice } from "../../chaos/dice.ts";
import { killRuns } from "../../scrub/kills.ts";
import { run } from "../../support/command.ts";
import { withLists } from "../../support/lists.ts";
import { leastConfig } from "../../support/test-config.ts";

const lists = withLists();
const root = path.join(import.meta.dirname, "../../..");
const main = path.join(root, "dist/main.js");

function scrub(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "scrub", ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("onering scrub", () => {
  it("needs no configuration, Redis or terminal, and says what it did", () => {
    const file = lists.write("plain.csv", "phone\n081234567890\n12\n");
    const out = lists.path("plain/deep/out");
    const { status, stdout, stderr } = scrub(file, "--column", "phone", "--country", "id", "--out", out);
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining("column:  phone") });
    expect(stdout).toContain("2 rows: 1 clean, 1 rejected");
    expect(lists.results(out).clean).toBe("phone\n+6281234567890\n");
    expect(scrub(file, "--column", "phone", "--country", "id", "--out", out)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("choose another --out"),
    });
  });

  it("takes guesses with --yes only, and says what to pass", () => {
    const starts = ["0811", "0813", "0821", "0852", "0857", "0878", "0896"];
    const numbers = Array.from({ length: 35 }, (_, at) => `${starts[at % 7]}${30_000_000 + at * 999_983}`);
    const file = lists.write("guess.csv", `nama,nomor hp\n${numbers.map((one) => `a,${one}\n`).join("")}`);
    const out = lists.path("guess.out");
    expect(scrub(file, "--out", out)).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('pass --column "nomor hp" --country ID, or --yes to accept these guesses'),
    });
    expect(existsSync(out)).toBe(false);
    const { status, stdout } = scrub(file, "--out", out, "--yes", "--json");
    expect({ status, ...JSON.parse(stdout) }).toMatchObject({ status: 0, rows: 35, clean: 35 });
  });

  it.each([
    [["--column", "fone"], 'no column "fone"'],
    [["--country", "XX"], "--country"],
    [["--workers=-1"], "--workers must be a number"],
    [["--format", "pdf"], "--format must be one of"],
    [["--resume", "--restart"], "exclude each other"],
  ])("%j is refused", (args, message) => {
    const file = lists.write("refused.csv", "phone\n081234567890\n");
    const found = scrub(file, "--out", lists.path("refused.out"), "--yes", ...args);
    expect(found).toMatchObject({ status: 64, stderr: expect.stringContaining(message) });
  });

  it("takes what may be called from a configuration", () => {
    const file = lists.write("policy.csv", "phone\n+6281234567890\n+447400123456\n");
    const config = lists.write(
      "onering.yaml",
      JSON.stringify({ ...leastConfig(), numbers: { allowed_countries: ["ID"] } }),
    );
    const { status, stderr } = scrub(
      file,
      "--column",
      "1",
      "--config",
      config,
      "--out",
      lists.path("policy.out"),
      "--yes",
    );
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(lists.results(lists.path("policy.out")).rejects).toContain("+447400123456,country_not_allowed,");
  });

  it.skipIf(!canMount())("says so where the disk is full, and goes on once there is room", async () => {
    const file = lists.path("large.csv");
    await writeList(file, 20_000);
    const out = lists.path("small-disk");
    mkdirSync(out);
    const args = [main, "scrub", file, "--column", "phone", "--country", "ID", "--out", `${out}/run`, "--workers", "0"];
    const command = args.map((arg) => `'${arg}'`).join(" ");
    // The disk has 512 KiB, and then more: in a namespace of its own.
    const script = `mount -t tmpfs -o size=512k none '${out}' && '${process.execPath}' ${command}; echo first $?
ls '${out}/run'; mount -o remount,size=64m '${out}' && '${process.execPath}' ${command}; echo second $?; wc -l < '${out}/run/clean.csv'`;
    const { stdout, stderr } = spawnSync("unshare", ["-rm", "sh", "-c", script], { encoding: "utf8" });
    expect(stderr).toMatch(
      /cannot write to .*: the disk is full; make room, then the same command goes on where it was/,
    );
    expect(stdout).toMatch(/first 1\n/);
    expect(stdout).toMatch(/second 0\n/);
    const whole = lists.path("whole");
    expect(scrub(file, "--column", "phone", "--country", "ID", "--out", whole, "--quiet")).toMatchObject({ status: 0 });
    expect(Number(/second 0\n(\d+)/.exec(stdout)?.[1])).toBe(lists.results(whole).clean.split("\n").length - 1);
  });

  it("killed half-way and run again writes the same bytes", async () => {
    const file = lists.path("killed.csv");
    await writeList(file, 20_000);
    const target = path.join(root, "test/scrub/target.ts");
    const dir = lists.path("kills");
    mkdirSync(dir);
    const kills = killRuns({ command: (folder) => [target, file, folder], dir, kills: 2, dice: createDice(7) });
    const rows: number[] = [];
    for await (const { same, journaledRows } of kills) {
      expect(same).toBe(true);
      rows.push(journaledRows ?? 0);
    }
    // One may have been killed before its first journal, and begun anew.
    expect(Math.max(...rows)).toBeGreaterThan(0);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("ends after the batch on %s, says how to go on, and goes on", async (signal, code) => {
    const file = lists.path(`${signal}.csv`);
    await writeList(file, 80_000);
    const out = lists.path(`${signal}.out`);
    const args = [main, "scrub", file, "--column", "phone", "--country", "ID", "--out", out, "--workers", "1"];
    const first = run(process.execPath, ...args);
    await expect.poll(() => existsSync(path.join(out, "clean.csv.part")), { interval: 2 }).toBe(true);
    first.child.kill(signal);
    expect(await first.exitCode()).toBe(code);
    expect(first.output()).toMatch(/stopped after row [\d,]+; the same command goes on from there/);
    expect(readdirSync(out)).toContain("journal.json");
    const second = run(process.execPath, ...args);
    expect(await second.exitCode()).toBe(0);
    expect(second.output()).toMatch(/resumes: after row [\d,]+/);
    expect(lists.results(out).summary).toMatchObject({ rows: 80_000 });
  });
});

/** Whether this user may mount a disk in a namespace of its own. */
function canMount(): boolean {
  return spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;
}
