import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { findOnPath } from "../../../src/local/fetch/on-path.ts";
import { Child } from "../../../src/local/process/child.ts";
import { isAlive } from "../../support/is-alive.ts";

const NODE = { command: process.execPath, args: [], env: {} };

test("stop() ends a program, and one that ignores SIGTERM after the deadline", async () => {
  const willing = await Child.start("willing", NODE, ["-e", "setInterval(() => {}, 1000)"]);
  expect(await willing.stop()).toEqual({ code: null, signal: "SIGTERM" });
  const stubborn = await Child.start("stubborn", NODE, [
    "-e",
    "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')",
  ]);
  await expect.poll(() => stubborn.output).toContain("up");
  expect(await stubborn.stop(50)).toEqual({ code: null, signal: "SIGKILL" });
  expect(stubborn.running).toBe(false);
});

test("a program that ends by itself is reported, with what it said", async () => {
  const child = await Child.start("brief", NODE, ["-e", "console.error('no such thing'); process.exit(3)"]);
  const tail = async () => child.output;
  await expect(child.waitUntil(async () => false, 5000, tail)).rejects.toThrow(
    /brief ended \(status 3\)\nno such thing/,
  );
});

test("a program that does not exist is an error", async () => {
  // setpriv, where there is one, is found; it then reports that the program is not.
  const start = Child.start("absent", { command: "/nonexistent/program", args: [], env: {} }, []);
  const outcome = await start.then(
    async (child) => ((await child.exited).code === 0 ? "ran" : child.output),
    (error) => String(error),
  );
  expect(outcome).toMatch(/No such file|ENOENT/);
});

test("children do not outlive us, even when we are killed", async () => {
  if (!(await findOnPath(["setpriv"]))) return;
  const module = new URL("../../../src/local/process/child.ts", import.meta.url).href;
  const script = `
    const { Child } = await import(${JSON.stringify(module)});
    const program = { command: process.execPath, args: [], env: {} };
    const child = await Child.start("grandchild", program, ["-e", "setInterval(() => {}, 1000)"]);
    console.log(child.pid);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(parent.stdout, "data");
  const pid = Number(String(line).trim());
  expect(isAlive(pid)).toBe(true);
  parent.kill("SIGKILL");
  await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
});
