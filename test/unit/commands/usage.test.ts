/** The command line as a person types it: the source is run by this Node. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import packageJson from "../../../package.json" with { type: "json" };
import { commandNames } from "../../../src/commands/usage.ts";

const main = path.join(import.meta.dirname, "../../../src/main.ts");
const dir = mkdtempSync(path.join(tmpdir(), "onering-usage-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function onering(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("onering", () => {
  it.each([["--version"], ["-v"], ["version"]])("%s prints the version of package.json", (argument) => {
    expect(onering(argument)).toEqual({ status: 0, stdout: `${packageJson.version}\n`, stderr: "" });
  });

  it.each([["--help"], ["-h"], ["help"]])("%s lists every command", (argument) => {
    const { status, stdout } = onering(argument);
    expect(status).toBe(0);
    for (const name of commandNames) expect(stdout).toContain(`onering ${name} `);
  });

  it.each(commandNames.flatMap((name) => [[name, "--help"] as const, [name, "-h"] as const]))(
    "%s %s says how it is used",
    (name, flag) => {
      if (name === "version" || name === "help") return;
      const { status, stdout, stderr } = onering(name, flag);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(new RegExp(`^onering ${name}`));
    },
  );

  it.each([
    ["ring", 'unknown command "ring"', "onering --help"],
    ["chekc", 'unknown command "chekc" (did you mean check?)', "onering --help"],
    ["help chekc", 'unknown command "chekc" (did you mean check?)', "onering --help"],
    ["check", "check needs --config FILE", "onering check --help"],
    ["check --confg x.yaml", "unknown option --confg (did you mean --config?)", "onering check --help"],
    ["serve --port 80", "unknown option --port", "onering serve --help"],
    ["check --config", "Option '--config <value>' argument missing", "onering check --help"],
    ["keys lst shop", 'keys takes add, list, revoke or rotate, not "lst"', "onering keys --help"],
  ])("%s ends with 64, what is wrong, and where the help is; not with the list of commands", (line, wrong, help) => {
    const stderr = `onering: ${wrong}\nSee \`${help}\`.\n`;
    expect(onering(...line.split(" "))).toEqual({ status: 64, stdout: "", stderr });
  });
});

describe("onering check", () => {
  const example = path.join(import.meta.dirname, "../../../docs/examples/onering.yaml");
  const file = path.join(dir, "onering.yaml");

  it("names every problem as JSON and ends with 78, connected to nothing", () => {
    const { status, stdout } = onering("check", "--config", example, "--json");
    const { valid, problems } = JSON.parse(stdout);
    expect({ status, valid }).toEqual({ status: 78, valid: false });
    expect(problems).toContainEqual(
      expect.objectContaining({ path: "secrets.hmac_key", source: expect.stringMatching(/^line \d+/) }),
    );
  });

  it("names a file that is not there", () => {
    const { status, stderr } = onering("check", "--config", path.join(dir, "absent.yaml"));
    expect({ status, stderr }).toMatchObject({
      status: 78,
      stderr: expect.stringContaining("absent.yaml: 1 problem\n  there is no such file"),
    });
  });

  it("ends with 0 for a valid one", () => {
    writeFileSync(file, validConfig);
    expect(onering("check", "--config", file)).toMatchObject({ status: 0, stdout: expect.stringContaining("valid") });
    const { valid, findings } = JSON.parse(onering("check", "--config", file, "--json").stdout);
    expect(valid).toBe(true);
    expect(findings).toMatchObject([
      { level: "ok", what: expect.stringContaining("10,000 caller IDs start with +3363998") },
      { level: "hint", what: expect.stringContaining("is written +33639980000 as caller ID") },
      { level: "ok", what: expect.stringContaining("Numbering plans: libphonenumber") },
    ]);
  });
});

const hex = "0123456789abcdef".repeat(4);
const validConfig = `
redis: { url: "redis://127.0.0.1" }
secrets: { hmac_key: 4f9c1d7e2b8a60359c1f7d2e8b4a6035f1e2d3c4b5a69788 }
asterisks: { pbx: { ari_url: "http://127.0.0.1:8088", ari_user: onering, ari_password: k3Jd92mPqX71 } }
trunks: { carrier: { asterisk: pbx, endpoint: carrier, ranges: [block] } }
ranges: { block: { prefix: "+3363998", digits: 4 } }
routes: [{ prefix: "+", trunks: [carrier] }]
apps: { shop: { api_keys_sha256: ["${hex}"] } }
`;
