/** The commands of docs/deploy-beside-a-pbx.md and docs/sip-capture.md, run as they stand on Debian's own Asterisk files. */
import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findPrograms } from "../../../src/local/fetch/programs.ts";
import { multiarch } from "../../../src/local/fetch/unpack.ts";
import { Child } from "../../../src/local/process/child.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { originate } from "../../support/ari-request.ts";
import { withRuntime } from "../../support/processes.ts";
import type { SippCarrier } from "../../support/sipp.ts";

const runtime = withRuntime();
const root = path.join(import.meta.dirname, "../../..");
let dir = "";
let asterisk: Child;
let carrier: SippCarrier;
let http = 0;
/** What of the page is another one here: paths, ports, the carrier. */
let replaced: readonly (readonly [string, string])[] = [];

/** Debian's files as the package installs them; they are fetched with Asterisk. */
async function debianFiles(): Promise<string> {
  const program = (await findPrograms()).asterisk;
  return path.join(program.root || "/", "etc/asterisk");
}

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-page-"));
  const etc = path.join(dir, "asterisk");
  await cp(await debianFiles(), etc, { recursive: true, dereference: true });
  const program = (await findPrograms()).asterisk;
  for (const name of ["run", "log", "bin", "onering"]) await mkdir(path.join(dir, name));
  // Where it runs: no part of the page.
  const lib = program.root && path.join(program.root, "usr/lib", multiarch(), "asterisk/modules");
  const settings = { astetcdir: etc, astmoddir: lib, astdatadir: path.join(program.root || "/", "usr/share/asterisk") };
  const folders = { astrundir: `${dir}/run`, astlogdir: `${dir}/log`, astdbdir: dir, astspooldir: dir, astkeydir: dir };
  const lines = Object.entries({ ...settings, ...folders, astvarlibdir: dir, astcachedir: dir }).filter(
    ([, value]) => value,
  );
  await writeFile(`${etc}/asterisk.conf`, `[directories]\n${lines.map((line) => line.join(" => ")).join("\n")}\n`);
  const args = [...program.args, "-C", `${etc}/asterisk.conf`].map((word) => `'${word}'`).join(" ");
  await writeFile(`${dir}/bin/asterisk`, `#!/bin/sh\nexec '${program.command}' ${args} "$@"\n`);
  await chmod(`${dir}/bin/asterisk`, 0o755);
  await writeFile(`${dir}/bin/node`, `#!/bin/sh\nexec '${process.execPath}' '${root}/dist/main.js' "$@"\n`);
  await chmod(`${dir}/bin/node`, 0o755);

  carrier = await runtime.carrier({ scenario: "ringing" });
  const redis = await runtime.redis();
  http = await freePort("tcp");
  const [ami, sip] = [await freePort("tcp"), await freePort("udp")];
  // The PBX that is there before: its transport, and AMI where it already is.
  const pjsip = await readFile(`${etc}/pjsip.conf`, "utf8");
  const transport = `[transport-udp]\ntype = transport\nprotocol = udp\nbind = 127.0.0.1:${sip}\n`;
  await writeFile(`${etc}/pjsip.conf`, `${pjsip}\n${transport}`);
  const manager = await readFile(`${etc}/manager.conf`, "utf8");
  await writeFile(`${etc}/manager.conf`, manager.replace(/^port = 5038$/m, `port = ${ami}`));
  replaced = [
    ["/etc/asterisk", etc],
    ["/etc/onering", `${dir}/onering`],
    ["bindport = 8088", `bindport = ${http}`],
    ["http://127.0.0.1:8088", `http://127.0.0.1:${http}`],
    ["port: 5038", `port: ${ami}`],
    ["redis://127.0.0.1:6379/0", redis.url],
    ["sip.carrier.example:5060", `127.0.0.1:${carrier.port}`],
    ["node_modules/.bin/node dist/main.js", `${dir}/bin/node`],
    ["127.0.0.1:9060", `127.0.0.1:${await freePort("udp")}`],
  ];
  asterisk = await Child.start("Asterisk", program, ["-f", "-C", `${etc}/asterisk.conf`], { cwd: dir });
  const booted = async () =>
    (await shell('asterisk -rx "core waitfullybooted"').catch(() => "")).includes("fully booted");
  await asterisk.waitUntil(booted, 30_000, async () => asterisk.output.slice(-2000));
}, 60_000);
afterAll(async () => {
  await asterisk?.kill();
  await rm(dir, { recursive: true, force: true });
});

async function shell(script: string): Promise<string> {
  const env = { ...process.env, PATH: `${dir}/bin:${process.env.PATH}` };
  const run = promisify(execFile)("bash", ["-e", "-c", `umask 077\n${script}`], { cwd: root, env, timeout: 30_000 });
  return (await run).stdout;
}

/** The shell blocks of a page, from one heading on. */
async function blocks(page: string, heading: string): Promise<string[]> {
  const text = await readFile(path.join(root, "docs", page), "utf8");
  const section = text.slice(text.indexOf(`\n${heading}`));
  expect(section).not.toBe("\n");
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = ""]) =>
    replaced.reduce((script, [from, to]) => script.replaceAll(from, to), block),
  );
}

test("pasted one after the other they make doctor say Ready, and a call leaves no caller ID in a CDR", async () => {
  const [secrets = "", ari = "", ami = "", endpoint = "", yaml = "", build = "", check = "", inbound = ""] =
    await blocks("deploy-beside-a-pbx.md", "## 1.");
  const said = await shell([secrets, ari, ami, endpoint, yaml].join("\n"));
  expect(said).toContain("onering");
  expect(build).toContain("npm ci\nnpm run build\n");
  const hash = /[0-9a-f]{64}/.exec(await shell(`${dir}/bin/node key`))?.[0];
  await shell(`echo APP_KEY_SHA256=${hash} >>${dir}/onering/onering.env`);
  const ready = async () => shell(check).catch((error: { stdout: string }) => error.stdout);
  await expect.poll(ready, { timeout: 45_000, interval: 2000 }).toMatch(/\nReady, with 1 warning above\.\n$/);
  const output = await ready();
  expect(output).not.toMatch(/FAIL/);
  // The page leaves Redis to the operator, and that of tests keeps nothing.
  expect(output.match(/^ warn .*/gm)).toEqual([expect.stringContaining("append-only file")]);
  expect(output).toContain("endpoint onering-carrier: its settings let the caller ID through and follow no redirect");

  const password = /ARI_PASSWORD=(\w+)/.exec(await readFile(`${dir}/onering/onering.env`, "utf8"))?.[1] ?? "";
  const access = { ari: { url: `http://127.0.0.1:${http}`, user: "onering", password } };
  const call = {
    trunk: "onering-carrier",
    channelId: "onering.a1.",
    callee: "+4915112345678",
    callerId: "+49201555551234",
  };
  expect((await originate(access, call)).status).toBe(200);
  await carrier.waitFor((messages) => messages.some(({ method }) => method === "INVITE"));
  await shell('asterisk -rx "channel request hangup all"');
  await expect.poll(() => shell('asterisk -rx "core show channels count"')).toContain("0 active channels");
  expect(await shell('asterisk -rx "cdr show status"')).toMatch(/Log unanswered calls: +No/);
  expect(await shell(`grep -rl 49201555551234 ${dir}/log || true`)).toBe("");

  const [hep = ""] = await blocks("sip-capture.md", "## Asterisk");
  expect(await shell(hep)).toMatch(/res_hep_pjsip\.so .*Running/);

  expect(await shell(inbound)).toContain("OneRingInbound,Token: ");
  expect(await shell('asterisk -rx "dialplan show onering-inbound"')).toContain("ONERING_INVITE=v1");
}, 120_000);
