import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterEach, expect, it } from "vitest";
import { api } from "./api.ts";

const main = path.resolve(import.meta.dirname, "../../../dist/main.js");
const running = new Set<ReturnType<typeof spawn>>();

/** Starts `onering sandbox` as a person would. @returns its output so far, and a wait for a line of it */
function start(env: Record<string, string>, args: readonly string[] = []) {
  const child = spawn(process.execPath, [main, "sandbox", ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    // As a shell does.
    detached: true,
  });
  running.add(child);
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      for (const listener of listeners) listener();
    });
  }
  const ended = once(child, "close").then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  const line = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        for (const text of lines) {
          const match = pattern.exec(text);
          if (match) resolve(match);
        }
      };
      listeners.add(look);
      look();
      void ended.then(() => reject(new Error(`it ended:\n${lines.join("\n")}`)));
    });
  return { child, lines, line, ended };
}

/** Ids of the programs that a process started and that still run. */
async function childrenOf(pid: number): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    if (Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === pid) found.push(Number(name));
  }
  return found;
}

const isAlive = (pid: number) =>
  readFile(`/proc/${pid}/stat`).then(
    () => true,
    () => false,
  );

/**
 * How long programs of this machine have waited for a CPU since it was started, ms: other people's work is not the
 * sandbox's slowness. 0 where the kernel does not say. https://docs.kernel.org/accounting/psi.html
 */
async function waitedForCpuMs(): Promise<number> {
  const pressure = await readFile("/proc/pressure/cpu", "utf8").catch(() => "");
  return Number(/^some .*total=(\d+)/m.exec(pressure)?.[1] ?? 0) / 1000;
}

afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
});

it.each(["SIGTERM", "SIGINT"] as const)(
  "starts within 5 s, says where it is, and %s leaves no program behind",
  async (signal) => {
    const [startMs, waitedBeforeMs] = [performance.now(), await waitedForCpuMs()];
    const { child, line, lines, ended } = start({ ONERING_HTTP_PORT: "0" });
    const [, url = ""] = await line(/^listening on (http:\/\/127\.0\.0\.1:\d+)$/);
    const tookMs = performance.now() - startMs;
    expect(tookMs - ((await waitedForCpuMs()) - waitedBeforeMs)).toBeLessThan(5000);
    expect(lines[0]).toContain("SANDBOX");
    await line(/^ {2}API key {2}sandbox-key$/);
    await line(/^ {2}operator sandbox-operator-key, for http:/);

    // The phone rings: ending must not wait for that, nor leave it ringing.
    await api(url, "/v1/verifications", { to: "+447400123456" });
    await expect
      .poll(async () => (await api(url, "/sandbox/calls")).json, { timeout: 5000 })
      .toMatchObject([{ state: "ringing" }]);
    const stream = await fetch(`${url}/sandbox/events`);
    const programs = await childrenOf(child.pid ?? 0);
    expect(programs.length).toBeGreaterThanOrEqual(2);
    child.kill(signal);
    expect(await ended).toBe(0);
    await stream.body?.cancel().catch(() => {});
    expect(await Promise.all(programs.map(isAlive))).toEqual(programs.map(() => false));
    // All went as it should, so there is nothing to log.
    expect(lines.filter((text) => text.startsWith("{"))).toEqual([]);
  },
);

it("Ctrl+C, which reaches the whole process group, ends it as quietly while a phone rings", async () => {
  const { child, line, lines, ended } = start({ ONERING_HTTP_PORT: "0" });
  const [, url = ""] = await line(/^listening on (http:\/\/127\.0\.0\.1:\d+)$/);
  await api(url, "/v1/verifications", { to: "+447400123456" });
  await expect.poll(async () => (await api(url, "/sandbox/calls")).json).toMatchObject([{ state: "ringing" }]);
  const programs = await childrenOf(child.pid ?? 0);
  process.kill(-(child.pid ?? 0), "SIGINT");
  expect(await ended).toBe(0);
  expect(await Promise.all(programs.map(isAlive))).toEqual(programs.map(() => false));
  // A Redis or an Asterisk that ended first would be an outage.
  expect(lines.filter((text) => text.startsWith("{"))).toEqual([]);
});

it("takes only what is harmless from an environment that is set up for production", async () => {
  const { child, line, lines, ended } = start({
    ONERING_HTTP_PORT: "0",
    ONERING_HTTP_HOST: "0.0.0.0",
    ONERING_REDIS_URL: "redis://production.invalid:6379",
    ONERING_CALLS_RING_MS: "1500",
  });
  const [, url = ""] = await line(/^listening on (http:\/\/127\.0\.0\.1:\d+)$/);
  expect(lines.join("\n")).toContain("not used in a sandbox: ONERING_HTTP_HOST, ONERING_REDIS_URL");
  const { json } = await api(url, "/v1/verifications", { to: "+447400123456" });
  expect(json).toMatchObject({ delivery: { missed_call: { ring: { ms: 1500 } } } });
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
});

it("says which port is taken and how to take another, and leaves nothing running", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  const { lines, ended } = start({ ONERING_HTTP_PORT: String(port) });
  expect(await ended).not.toBe(0);
  expect(lines.join("\n")).toContain(`Port ${port} is taken`);
  expect(lines.join("\n")).toContain("ONERING_HTTP_PORT=0 npm start");
  other.close();
});

it("tells what is wrong with a setting, by its name", async () => {
  const { lines, ended } = start({ ONERING_HTTP_PORT: "http" });
  expect(await ended).not.toBe(0);
  expect(lines.join("\n")).toContain("ONERING_HTTP_PORT");
});

it("refuses a configuration file: it is not for production", async () => {
  const { lines, ended } = start({}, ["--config", "onering.yaml"]);
  expect(await ended).toBe(64);
  expect(lines.join("\n")).toContain("not for production");
});
