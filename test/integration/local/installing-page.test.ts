/** The commands of docs/installing.md for a carrier that takes SIP, as they stand but for packages, services and the editor. Needs `npm run build`. */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../../src/local/fetch/paths.ts";
import { findPrograms } from "../../../src/local/fetch/programs.ts";
import { Child } from "../../../src/local/process/child.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
let dir = "";
let redis: Child | null = null;
/** Paths that are another one here. */
const moved = ["/etc/onering", "/etc/redis", "/etc/systemd/system", "/opt/onering"];

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-installing-"));
  for (const folder of ["bin", "records", ...moved]) await mkdir(path.join(dir, folder), { recursive: true });
  const onering = `exec '${process.execPath}' '${projectRoot}/dist/main.js'`;
  const scripts = {
    sudo: 'exec "$@"',
    // What it installs and builds is this project.
    npm: `[ "$1 $3" = "run doctor" ] || exit 0; shift 4; ${onering} doctor "$@"`,
    npx: `shift; ${onering} "$@" | tee -a '${dir}/said'`,
    ...Object.fromEntries(["apt-get", "systemctl", "journalctl", "sudoedit", "curl"].map((name) => [name, "exit 0"])),
  };
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(path.join(dir, "bin", name), `#!/bin/sh\n${script}\n`);
    await chmod(path.join(dir, "bin", name), 0o755);
  }
});
afterAll(async () => {
  await redis?.stop();
  await rm(dir, { recursive: true, force: true });
});

/** @returns its output, also where it fails */
async function shell(script: string): Promise<string> {
  const env = { ...process.env, PATH: `${dir}/bin:${process.env.PATH}` };
  return promisify(execFile)("bash", ["-e", "-c", script], { cwd: projectRoot, env, timeout: 60_000 }).then(
    ({ stdout }) => stdout,
    ({ stdout, stderr }) => `${stdout}${stderr}`,
  );
}

/** As the editor would. */
async function edit(file: string, ...changes: readonly (readonly [RegExp | string, string])[]): Promise<void> {
  const text = await readFile(path.join(dir, file), "utf8");
  for (const [from] of changes) expect(text).toMatch(from);
  await writeFile(
    path.join(dir, file),
    changes.reduce((result, [from, to]) => result.replace(from, to), text),
  );
}

test("make doctor say Ready, with Redis' settings and with the secrets of the folder that the service takes", async () => {
  const page = await readFile(path.join(projectRoot, "docs/installing.md"), "utf8");
  const section = page.slice(page.indexOf("\n## As a systemd service"), page.indexOf("\n## In containers"));
  const [install = "", check = ""] = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = ""]) =>
    moved.reduce((script, folder) => script.replaceAll(folder, `${dir}${folder}`), block),
  );
  expect(await shell(install)).toContain("API key");
  const hash = /\b[0-9a-f]{64}\b/.exec(await readFile(`${dir}/said`, "utf8"))?.[0];
  expect((await stat(`${dir}/etc/onering/secrets`)).mode & 0o777).toBe(0o700);

  const [redisPort, sipPort] = [await freePort("tcp"), await freePort("udp", "tcp")];
  const program = (await findPrograms()).redisServer;
  const settings = ["--port", String(redisPort), "--bind", "127.0.0.1", "--dir", dir];
  redis = await Child.start("Redis", program, [`${dir}/etc/redis/redis.conf`, ...settings]);
  await redis.waitUntil(
    async () => redis?.output.includes("Ready to accept") === true,
    10_000,
    async () => redis?.output ?? "",
  );
  const carrier = await runtime.carrier({ scenario: "ringing", transport: "tcp" });
  await edit("etc/onering/onering.env", [/^SHOP_KEY_SHA256=$/m, `SHOP_KEY_SHA256=${hash}`]);
  await edit(
    "etc/onering/onering.yaml",
    [/^ {2}host: 192\.0\.2\.10/m, "  host: 127.0.0.1"],
    [/udp_port: 5060\n {2}tcp_port: 5060/, `udp_port: ${sipPort}\n  tcp_port: ${sipPort}`],
    // The carrier with an account goes, as the page says.
    [/^ {2}# With an account that registers[\s\S]*?(?=^# Caller IDs)/m, ""],
    ["[carrier-a, carrier-b]", "[carrier-a]"],
    ["host: sip.carrier-a.example", `host: 127.0.0.1\n      port: ${carrier.port}`],
    // This machine's.
    ["127.0.0.1:6379", `127.0.0.1:${redisPort}`],
    ["sqlite:/var/lib/onering", `sqlite:${dir}/records`],
  );
  const said = await shell(check);
  expect(said).toMatch(/\nReady\.\n$/);
  expect(said).not.toMatch(/FAIL|warn/);
  expect(said).toMatch(/TCP 127\.0\.0\.1:\d+ answers OPTIONS with 200/);
  expect(said).toContain("append-only file is on");
  expect(await readFile(`${dir}/etc/systemd/system/onering.service`, "utf8")).toContain("LoadCredential=secret:");
}, 60_000);
