/** Lists for tests of cleaning: files in a folder of the test, and what became of them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll } from "vitest";
import { type ListOptions, openList } from "../../src/numbers/cleaning/files/list.ts";
import { readPolicy } from "../../src/numbers/cleaning/policy.ts";

export interface Lists {
  /** Absolute. */
  path(name: string): string;
  write(name: string, content: string | Buffer): string;
  /** Opens a list of this folder; results go to `<name>.out`. */
  open(
    name: string,
    options?: Partial<ListOptions> & { country?: string | null; keepLandlines?: boolean },
  ): ReturnType<typeof openList>;
  /** Cleans a list of this folder. */
  clean(name: string, options?: Parameters<Lists["open"]>[1]): Promise<Cleaned>;
  results(folder: string): Cleaned;
}

export interface Cleaned {
  readonly clean: string;
  readonly rejects: string;
  readonly summary: Record<string, unknown>;
}

/** Call it at the top of a test file. */
export function withLists(): Lists {
  const dir = mkdtempSync(path.join(tmpdir(), "onering-lists-"));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const at = (name: string) => path.join(dir, name);
  const results = (folder: string): Cleaned => ({
    clean: readFileSync(path.join(folder, "clean.csv"), "utf8"),
    rejects: readFileSync(path.join(folder, "rejects.csv"), "utf8"),
    summary: JSON.parse(readFileSync(path.join(folder, "summary.json"), "utf8")),
  });
  const lists: Lists = {
    path: at,
    write(name, content) {
      writeFileSync(at(name), content);
      return at(name);
    },
    open(name, { country = "ID", keepLandlines = false, ...options } = {}) {
      const policy = readPolicy(null, country, keepLandlines);
      if ("wrong" in policy) throw new Error(policy.wrong);
      return openList({
        ...{ file: at(name), folder: at(`${name}.out`), column: null, policy, header: null, sheet: null },
        ...{ format: null, encoding: null, delimiter: null, resume: "auto", threads: 0 },
        ...options,
      });
    },
    async clean(name, options) {
      const list = await lists.open(name, options);
      await list.run({ signal: new AbortController().signal });
      return results(options?.folder ?? at(`${name}.out`));
    },
    results,
  };
  return lists;
}
