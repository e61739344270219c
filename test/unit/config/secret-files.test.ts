import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expand, expandAll } from "../../../src/typed-yaml/variables.ts";

let dir = "";
const file = (name: string) => path.join(dir, name);
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-secrets-"));
  await writeFile(file("password"), `p$s\${X}\n`);
  await writeFile(file("two-lines"), "a\nb\n\n");
  await writeFile(file("empty"), "\n");
  await writeFile(file("huge"), "x".repeat(70_000));
});
afterAll(() => rm(dir, { recursive: true }));

test.each([
  ["password", `redis://:p$s\${X}@host`],
  ["two-lines", "redis://:a\nb\n@host"],
])(`\${NAME} is read from the file that NAME_FILE names: %s, but for the line break at its end`, (name, text) => {
  expect(expand(`redis://:\${REDIS_PASSWORD}@host`, { REDIS_PASSWORD_FILE: file(name) })).toMatchObject({
    text,
    problem: null,
  });
});

test("an empty NAME_FILE, as docker-compose.yml sets it, is as none", () => {
  expect(expand(`\${A}`, { A: "value", A_FILE: "" })).toMatchObject({ text: "value", problem: null });
});

test.each([
  ["absent", "does not exist"],
  ["password/absent", "does not exist"],
  ["empty", "is empty"],
  ["huge", "has more than 65536 bytes"],
  [".", "is a folder, not a file"],
])("a secret file that is %s is a problem that names the variable and the path", (name, why) => {
  const named = `${dir}/${name}`;
  expect(expand(`\${A}`, { A_FILE: named }).problem).toBe(`A_FILE names ${named}, which ${why}`);
});

test.each(["s3cr3t-of-the-operator", "-----BEGIN PRIVATE KEY-----\n/MIG\n"])(
  "a secret that was put into NAME_FILE by mistake is not shown",
  (secret) => {
    const { problem } = expand(`\${A}`, { A_FILE: secret });
    expect(problem).toContain("A_FILE names a file (its name is hidden: it does not look like a path), which does not");
    expect(problem).not.toContain(secret);
  },
);

test("a value and a file are a contradiction; neither is shown", () => {
  const { problem } = expand(`\${A}`, { A: "the-secret", A_FILE: file("password") });
  expect(problem).toBe("both A and A_FILE are set; set one of them");
});

test("NAME_FILE of a variable that the configuration names is known, also where it starts with ONERING_", () => {
  expect(expandAll({ a: `\${ONERING_X}` }, { ONERING_X_FILE: file("password") }).names).toContain("ONERING_X_FILE");
});
