import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { projectRoot } from "../../../src/local/fetch/paths.ts";

const read = (name: string) => readFile(path.join(projectRoot, name), "utf8");

test("every variable that the trunk guide tells to set reaches Asterisk through docker-compose.yml", async () => {
  const guide = await read("docs/trunks.md");
  const told = [...guide.matchAll(/^([A-Z][A-Z_]+)=/gm), ...guide.matchAll(/`([A-Z][A-Z_]+)(?:=\w+)?`/g)];
  const names = new Set(told.map((match) => match[1] ?? ""));
  expect(names.size).toBeGreaterThan(15);
  const compose = parse(await read("docker-compose.yml"));
  const passed = Object.keys(compose.services.asterisk.environment);
  expect([...names].filter((name) => !passed.includes(name))).toEqual([]);
});
