/** docs/examples/clients and the README's commands, run as an app developer runs them: against a real sandbox. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findInterpreter, type Interpreter } from "../../src/local/fetch/interpreters.ts";
import { findOnPath } from "../../src/local/fetch/on-path.ts";
import { projectRoot, runtimeDir } from "../../src/local/fetch/paths.ts";
import { findPrograms } from "../../src/local/fetch/programs.ts";
import { createLogger } from "../../src/observability/log.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/start.ts";

interface PhoneCall {
  readonly to: string;
  readonly caller_id: string;
}

const clients = path.join(projectRoot, "docs/examples/clients");
const exitDeadlineMs = 10_000;
const go = await findOnPath(["go"]);
const started = new Set<ChildProcess>();
let sandbox: Sandbox;
let numbers = 0;

beforeAll(async () => {
  const env = { ONERING_HTTP_PORT: "0", ONERING_CALLS_RING_MS: "1200", ONERING_CALLS_SETUP_LIMIT_MS: "2500" };
  const logger = createLogger({ level: "silent" }, { sandbox: true });
  sandbox = await startSandbox({ programs: await findPrograms(), env, logger });
});
afterAll(async () => {
  for (const child of started) child.kill("SIGKILL");
  await sandbox?.stop();
});

/** A number that rings and that no test has used. */
const freshNumber = () => `+44740012${4000 + numbers++}`;

/** The last digits that the simulated phone shows, once its call came. */
async function shownDigits(to: string): Promise<string> {
  let digits: string | undefined;
  await expect
    .poll(async () => {
      const calls = (await (await fetch(`${sandbox.url}/sandbox/calls`)).json()) as PhoneCall[];
      digits = calls.find((call) => call.to === to)?.caller_id.slice(-4);
      return digits;
    })
    .toMatch(/^\d{4}$/);
  return digits ?? "";
}

/** A program that asks on standard output and reads the answers from standard input. */
function talkTo(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env, ONERING_URL: sandbox.url },
    stdio: ["pipe", "pipe", "pipe"],
  });
  started.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  return {
    output: () => output,
    /** Waits until it has asked `times` times. */
    asks: (times: number) =>
      expect.poll(() => output.split("digits of the number that called: ").length - 1).toBe(times),
    says: (line: string) => child.stdin.write(`${line}\n`),
    async exitCode() {
      if (child.exitCode === null) await once(child, "close", { signal: AbortSignal.timeout(exitDeadlineMs) });
      return child.exitCode;
    },
  };
}

async function interpreter(name: Interpreter, script: string, ...args: string[]) {
  const program = await findInterpreter(runtimeDir, name);
  if (!program) throw new Error(`no ${name}: run \`npm run runtime -- --for-tests\``);
  return talkTo(program.command, [...program.args, path.join(clients, script), ...args], program.env);
}

const languages = {
  curl: async (to: string) => talkTo(path.join(clients, "curl.sh"), [to]),
  "Node.js": async (to: string) => talkTo(process.execPath, [path.join(clients, "node.mjs"), to]),
  Python: (to: string) => interpreter("python3", "python.py", to),
  PHP: (to: string) => interpreter("php", "client.php", to),
  Go: async (to: string) => talkTo(go ?? "go", ["run", path.join(clients, "client.go"), to], goEnv),
};
/** The compiler's cache: the user's own, so that a second run is quick. */
const goEnv = { CGO_ENABLED: "0" };

describe.each(Object.entries(languages))("the client in %s", (language, run) => {
  const runs = it.skipIf(language === "Go" && !go);

  runs("verifies a number: wrong digits are told, the right ones verify", { timeout: 60_000 }, async () => {
    const to = freshNumber();
    const client = await run(to);
    const digits = await shownDigits(to);
    await client.asks(1);
    expect(client.output()).toContain("Last 4 digits");
    client.says(digits === "0000" ? "0001" : "0000");
    await client.asks(2);
    expect(client.output()).toContain("wrong, 2 checks left");
    client.says(digits);
    expect(await client.exitCode()).toBe(0);
    expect(client.output().trimEnd()).toMatch(/verified$/);
  });

  runs("names what is wrong with a number that is not called", { timeout: 60_000 }, async () => {
    const client = await run("+442079460958");
    expect(await client.exitCode()).not.toBe(0);
    expect(client.output()).toContain("number_is_landline");
  });
});

it("the README's commands verify a number when they are pasted in order", async () => {
  const readme = await readFile(path.join(projectRoot, "README.md"), "utf8");
  const block = /## One verification\n+```sh\n(.*?)```/s.exec(readme)?.[1] ?? "";
  const [settings = "", start = "", look = "", check = ""] = block
    .replace("http://127.0.0.1:8080", sandbox.url)
    .split(/^# \d\..*$/m);
  const paste = async (command: string) => {
    const shell = talkTo("bash", ["-c", `${settings}\n${command}`]);
    await shell.exitCode();
    return JSON.parse(shell.output());
  };
  const { id } = await paste(start);
  await shownDigits("+447400123456");
  const [{ caller_id: callerId }] = await paste(look);
  const checked = await paste(check.replace(/v78ebPAf…/, id).replace('"8290"', `"${callerId.slice(-4)}"`));
  expect(checked).toEqual({ id, status: "verified", valid: true, checks_left: 2 });
});

describe("the login page", () => {
  /** Starts the page's own server. @returns what posts to it as one browser */
  async function open() {
    const server = talkTo(process.execPath, [path.join(projectRoot, "docs/examples/login-page/server.mjs")], {
      PORT: "0",
    });
    await expect.poll(server.output).toMatch(/listening on (\S+)/);
    const url = /listening on (\S+)/.exec(server.output())?.[1] ?? "";
    let cookie = "";
    return async (action: string, body: object = {}) => {
      const headers = { "content-type": "application/json", cookie };
      const response = await fetch(`${url}/${action}`, { method: "POST", headers, body: JSON.stringify(body) });
      cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
  }

  it("signs in with the digits of a missed call", async () => {
    const post = await open();
    const to = freshNumber();
    const started = await post("start", { phone: to });
    expect(started.body).toMatchObject({ to, channel: "missed_call", codeLength: 4, callerIdPrefix: "+3363998" });
    expect(started.body).not.toHaveProperty("id");
    const digits = await shownDigits(to);
    expect((await post("check", { code: digits === "0000" ? "0001" : "0000" })).body).toMatchObject({
      valid: false,
      checksLeft: 2,
    });
    expect((await post("check", { code: digits })).body).toMatchObject({ valid: true, status: "verified" });
  });

  it("signs in by calling in", async () => {
    const post = await open();
    const to = freshNumber();
    const { callNumber } = (await post("start", { phone: to, channel: "call_in" })).body;
    await fetch(`${sandbox.url}/sandbox/call-in`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ from: to, to: callNumber }),
    });
    await expect.poll(async () => (await post("state")).body.status).toBe("verified");
  });

  it("passes on why a number is refused, and knows nobody who has not started", async () => {
    const post = await open();
    expect(await post("state")).toEqual({ status: 409, body: { code: "not_started" } });
    expect(await post("start", { phone: "+442079460958" })).toMatchObject({
      status: 422,
      body: { code: "number_is_landline" },
    });
  });
});
