/** Which of the programs on PATH are taken; each is a script that prints a version. */
import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runtimeDir } from "../../../src/local/fetch/paths.ts";
import { findFetched, findInstalled } from "../../../src/local/fetch/telephony-bundle.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-path-"));
  vi.stubEnv("PATH", `${dir}${path.delimiter}${process.env.PATH}`);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true });
});

async function putOnPath(name: string, prints: string): Promise<string> {
  const file = path.join(dir, name);
  await writeFile(file, `#!/bin/sh\necho '${prints}'\n`);
  await chmod(file, 0o755);
  return file;
}

test("SIPp 3.6.1 on PATH is left alone and the fetched one taken: some 25 tests of a fresh clone failed with it", async () => {
  const command = await putOnPath("sipp", " SIPp v3.6.1-TLS-SCTP-PCAP.");
  const { found, leftAlone } = await findInstalled();
  expect(found.sipp).toBeUndefined();
  expect(leftAlone).toContainEqual({ name: "sipp", command, version: "3.6.1", known: "3.8 or newer, below 4" });
  const { sipp } = await findFetched(runtimeDir, found);
  expect(sipp?.command).not.toBe(command);
  expect(sipp?.root).toContain(".runtime");
});

test("the run says which programs are taken, from where, and which are not", async () => {
  const command = await putOnPath("sipp", " SIPp v3.6.1-TLS-SCTP-PCAP.");
  const cli = path.join(import.meta.dirname, "../../support/fetch/cli.ts");
  const { stdout, status } = spawnSync(process.execPath, [cli], { encoding: "utf8", env: process.env });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^asterisk +2\d\.\S+ +(fetched|installed): \//m);
  expect(stdout).toMatch(/^sipp +3\.[89]\S* +fetched: \//m);
  expect(stdout).toContain(`not used: ${command}; known to work is 3.8 or newer, below 4`);
});

test("one of a version that is known to work is taken from PATH", async () => {
  const command = await putOnPath("sipp", " SIPp v3.9.0-TLS.");
  expect((await findInstalled()).found.sipp).toMatchObject({ command, version: "3.9.0", root: "" });
});

test("one that does not start, or says no version, is left alone", async () => {
  const command = await putOnPath("redis-server", "Segmentation fault");
  const { found, leftAlone } = await findInstalled();
  expect(found.redisServer).toBeUndefined();
  expect(leftAlone).toContainEqual(expect.objectContaining({ name: "redisServer", command, version: undefined }));
});
