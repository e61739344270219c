/** The log's last line is the one that an operator reads after a failed start. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";

const logModule = pathToFileURL(path.join(import.meta.dirname, "../../../src/observability/log.ts")).href;

test("the fatal line is the last though all threads that write are busy: an earlier one came after it", () => {
  const program = `
    import { pbkdf2 } from "node:crypto";
    import { createLogger, writeOut } from ${JSON.stringify(logModule)};
    const logger = createLogger({ level: "info" });
    // Busy beyond the fatal line, which is logged at once, and yet far below the second for which an earlier line is waited for.
    for (let thread = 0; thread < 4; thread++) pbkdf2("x", "x", 20_000, 64, "sha512", () => undefined);
    logger.info("first");
    logger.flush();
    await writeOut(logger);
    logger.fatal("cannot start");
    process.exit(1);
  `;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    timeout: 80_000,
  });
  expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
  expect(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).msg),
  ).toEqual(["first", "cannot start"]);
});
