/** Test files share a process, and with it the modules beside them: such a module is loaded once, not for each file. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.join(import.meta.dirname, "../../..");

/** Loaded for each file: set-up files of the configuration. */
const setUp = ["test/support/ends-clean.ts", "test/support/fetched.ts"];
/** At the outermost level: what begins a line. */
const hook = /^(?:export )?(?:const [^=]+= )?(?:(?:before|after)(?:All|Each)|with[A-Z]\w*)\(/m;

test("no module beside the tests has hooks of its own: the second file that imports it would be without them", () => {
  const modules = readdirSync(path.join(root, "test"), { recursive: true, encoding: "utf8" })
    .map((file) => path.posix.join("test", file))
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !setUp.includes(file));
  expect(modules.length).toBeGreaterThan(100);
  expect(modules.filter((file) => hook.test(readFileSync(path.join(root, file), "utf8")))).toEqual([]);
});
