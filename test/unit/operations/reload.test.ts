/** The reload of a configuration: what is applied, what is named, and that nothing changes where the file has problems. */
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { auditedReload, createReload, type ReloadSteps } from "../../../src/operations/reload.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import { ConfigError } from "../../../src/typed-yaml/errors.ts";

interface Settings {
  readonly live: number;
  readonly fixed: number;
  readonly renewed?: number;
}

function opened(own: Partial<ReloadSteps<Settings>> = {}) {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const file = { content: { live: 1, fixed: 1 } as Settings, loads: 0 };
  const applied: Settings[] = [];
  const steps: ReloadSteps<Settings> = {
    async load() {
      file.loads++;
      return file.content;
    },
    merge: (running, next) => ({ ...running, live: next.live }),
    mergeFiles: (running, next) => ({ ...running, renewed: next.renewed ?? 0 }),
    changes: (before, after) =>
      (["live", "fixed", "renewed"] as const).flatMap((key) =>
        before[key] === after[key] ? [] : [{ key, before: String(before[key]), after: String(after[key]) }],
      ),
    problems: () => [],
    apply: (merged) => void applied.push(merged),
    warnings: () => [],
    ...own,
  };
  return { file, applied, lines, ...createReload({ running: { live: 1, fixed: 1 }, steps, logger }) };
}

describe("a reload", () => {
  it("applies what is live, and names what needs a restart again and again until then", async () => {
    const { file, applied, lines, reload } = opened();
    file.content = { live: 2, fixed: 2 };
    const fixed = { key: "fixed", before: "1", after: "2" };
    expect(await reload("key 3f9a01bc")).toEqual({
      applied: [{ key: "live", before: "1", after: "2" }],
      ...{ needsRestart: [fixed], heldBack: [] },
    });
    expect(applied).toEqual([{ live: 2, fixed: 1 }]);
    expect(await reload("signal SIGHUP")).toEqual({ applied: [], needsRestart: [fixed], heldBack: [] });
    expect(applied).toHaveLength(1);
    expect(lines.map(({ msg }) => msg)).toContain("restart the gateway to apply 1 other change");
  });

  it("puts data files into effect whether or not the configuration changed, and names those that differ", async () => {
    const replaced = { key: "numbers.metadata_file", before: "9.0.43", after: "9.0.44" };
    const { applied, reload } = opened({ refresh: () => [replaced] });
    expect(await reload("signal SIGHUP")).toEqual({ applied: [replaced], needsRestart: [], heldBack: [] });
    expect(applied).toEqual([]);
  });

  it("refreshes no data file where the configuration is held back", async () => {
    let refreshed = 0;
    const refresh = () => {
      refreshed++;
      return [];
    };
    const { file, reload } = opened({ refresh, problems: () => ["live: does not fit"] });
    file.content = { live: 2, fixed: 1 };
    expect(await reload("signal SIGHUP")).toMatchObject({ heldBack: ["live: does not fit"] });
    expect(refreshed).toBe(0);
  });

  it("of a file with problems changes nothing, and says them all", async () => {
    const bad = new ConfigError("onering.yaml", [
      { path: ["calls", "ring_ms"], given: "1", expected: "1000 or more" },
      { path: ["apps"], given: null, expected: "a section" },
    ]);
    const { applied, lines, reload } = opened({ load: () => Promise.reject(bad) });
    const refusal = await reload("signal SIGHUP").catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ code: "configuration_invalid", detail: `Nothing was changed. ${bad.message}` });
    expect(applied).toEqual([]);
    expect(lines).toContainEqual(expect.objectContaining({ problems: bad.message, by: "signal SIGHUP" }));
  });

  it("holds back what would not fit what runs until the restart", async () => {
    const { file, applied, reload } = opened({ problems: () => ["apps.shop.channels[0]: no such channel"] });
    file.content = { live: 2, fixed: 2 };
    const { applied: none, needsRestart, heldBack } = await reload("x");
    expect([none, applied]).toEqual([[], []]);
    expect(needsRestart.map(({ key }) => key)).toEqual(["live", "fixed"]);
    expect(heldBack).toEqual(["apps.shop.channels[0]: no such channel"]);
    file.content = { live: 1, fixed: 2 };
    expect((await reload("x")).heldBack).toEqual([]);
  });

  it("is one at a time: those that come meanwhile share the next one", async () => {
    const releases: (() => void)[] = [];
    let running = 0;
    let most = 0;
    const { reload } = opened({
      async load() {
        most = Math.max(most, ++running);
        await new Promise<void>((resolve) => releases.push(resolve));
        running--;
        return { live: releases.length + 1, fixed: 1 };
      },
    });
    const first = reload("a");
    await expect.poll(() => releases.length).toBe(1);
    const all = [first, reload("b"), reload("c"), reload("d")];
    releases[0]?.();
    await first;
    await expect.poll(() => releases.length).toBe(2);
    releases[1]?.();
    const [one, second, third] = await Promise.all(all);
    expect(one?.applied).toEqual([{ key: "live", before: "1", after: "2" }]);
    expect(second?.applied).toEqual([{ key: "live", before: "2", after: "3" }]);
    expect(third).toBe(second);
    expect([most, releases.length]).toEqual([1, 2]);
  });

  it("after one that failed works", async () => {
    let fails = true;
    const { reload } = opened({
      load: () => (fails ? Promise.reject(new Error("EIO")) : Promise.resolve({ live: 5, fixed: 1 })),
    });
    await expect(reload("a")).rejects.toThrow("EIO");
    fails = false;
    expect((await reload("b")).applied).toHaveLength(1);
  });

  it("of files takes what they hold and nothing of a configuration that is being edited", async () => {
    const { file, applied, lines, reloadFiles } = opened();
    file.content = { live: 2, fixed: 2, renewed: 3 };
    expect((await reloadFiles("changed files")).applied.map(({ key }) => key)).toEqual(["renewed"]);
    expect(applied).toEqual([{ live: 1, fixed: 1, renewed: 3 }]);
    const { length } = lines;
    expect((await reloadFiles("changed files")).applied).toEqual([]);
    expect([applied.length, lines.length]).toEqual([1, length]);
  });

  it("is in the audit log with the keys that it changed, without their values", async () => {
    const acts: unknown[] = [];
    const { file, reload, reloadFiles } = opened();
    file.content = { live: 7, fixed: 9 };
    const audited = auditedReload(
      { reload, reloadFiles },
      {
        async act(act, run) {
          const { result, after } = await run();
          acts.push({ ...act, after });
          return result;
        },
      },
    );
    await audited.reload("key 3f9a01bc");
    expect(acts).toEqual([
      {
        ...{ who: "key 3f9a01bc", action: "configuration.reload", target: "configuration" },
        after: { applied: ["live"], needs_restart: ["fixed"], held_back: [] },
      },
    ]);
  });
});
