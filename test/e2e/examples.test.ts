/** docs/examples/clients and the README's commands, run as an app developer runs them: against a real sandbox. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { findOnPath } from "../../src/local/fetch/on-path.ts";
import { projectRoot, runtimeDir } from "../../src/local/fetch/paths.ts";
import { ensureInterpreters, findInterpreter, type Interpreter } from "../support/fetch/interpreters.ts";
import { examples, withExamples } from "./example-world.ts";

const world = withExamples(24_000);
const client = (file: string) => path.join(examples, "clients", file);
/** Longer than any mirror takes for 3 MB; nothing to do where PHP is there. */
const fetchDeadlineMs = 300_000;
beforeAll(() => ensureInterpreters(runtimeDir, () => {}), fetchDeadlineMs);
const go = await findOnPath(["go"]);

async function interpreted(name: Interpreter, file: string, to: readonly string[]) {
  const program = await findInterpreter(runtimeDir, name);
  if (!program) throw new Error(`no ${name}`);
  return world.run(program.command, [...program.args, client(file), ...to], program.env);
}

const languages = {
  curl: async (...to: string[]) => world.run(client("curl.sh"), to),
  "Node.js": async (...to: string[]) => world.run(process.execPath, [client("node.mjs"), ...to]),
  Python: (...to: string[]) => interpreted("python3", "python.py", to),
  PHP: (...to: string[]) => interpreted("php", "client.php", to),
  Go: async (...to: string[]) => world.run(go ?? "go", ["run", client("client.go"), ...to], { CGO_ENABLED: "0" }),
};

/** How often a client has asked for the digits. */
const questions = (output: string) => output.split("digits of the number that called: ").length - 1;

/** Go's compiler is too large to fetch for a test (test/support/fetch/interpreters.ts): its client runs where there is one. */
const here = Object.entries(languages).filter(([language]) => language !== "Go" || go);

describe.each(here)("the client in %s", (_language, run) => {
  it("verifies a number: wrong digits are told, the right ones verify", { timeout: 60_000 }, async () => {
    const to = world.freshNumber();
    const program = await run(to);
    const digits = await world.shownDigits(to);
    await expect.poll(() => questions(program.output())).toBe(1);
    expect(program.output()).toContain("Last 4 digits");
    program.answers(digits === "0000" ? "0001" : "0000");
    await expect.poll(() => questions(program.output())).toBe(2);
    expect(program.output()).toContain("wrong, 2 checks left");
    program.answers(digits);
    expect(await program.exitCode()).toBe(0);
    expect(program.output().trimEnd()).toMatch(/verified$/);
  });

  it("names what is wrong with a number that is not called", { timeout: 60_000 }, async () => {
    const program = await run("+442079460958");
    expect(await program.exitCode()).not.toBe(0);
    expect(program.output()).toContain("number_is_landline");
  });

  it("names each field that is invalid", { timeout: 60_000 }, async () => {
    const program = await run("");
    expect(await program.exitCode()).toBe(1);
    for (const word of ["invalid_request", "#/to", "must not be empty"]) expect(program.output()).toContain(word);
  });

  it("without a number says how it is used, and no more", { timeout: 60_000 }, async () => {
    const program = await run();
    expect(await program.exitCode()).not.toBe(0);
    expect(program.output()).toMatch(/^usage: .* \+447400123456\n/);
    expect(program.output().split("\n").length).toBeLessThanOrEqual(3);
  });
});

it("the README's commands verify a number when they are pasted in order", async () => {
  const readme = await readFile(path.join(projectRoot, "README.md"), "utf8");
  const block = /## One verification\n+```sh\n(.*?)```/s.exec(readme)?.[1] ?? "";
  const [settings = "", start = "", look = "", check = ""] = block
    .replace("http://127.0.0.1:8080", world.url())
    .split(/^# \d\..*$/m);
  const paste = async (command: string) => {
    const shell = world.run("bash", ["-c", `${settings}\n${command}`]);
    await shell.exitCode();
    return JSON.parse(shell.output());
  };
  const { id } = await paste(start);
  await world.shownDigits("+447400123456");
  const [{ caller_id: callerId }] = await paste(look);
  const checked = await paste(check.replace(/v78ebPAf…/, id).replace('"8290"', `"${callerId.slice(-4)}"`));
  const proof_token = expect.stringMatching(/^eyJ/);
  expect(checked).toEqual({ id, status: "verified", valid: true, checks_left: 2, proof_token });
});
