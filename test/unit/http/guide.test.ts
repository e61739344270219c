import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { problemCodes, problemKinds } from "../../../src/http/errors/problems.ts";
import { statuses } from "../../../src/verification/machine.ts";

const guide = readFileSync(new URL("../../../docs/api.md", import.meta.url), "utf8");

it.each(problemCodes)("docs/api.md lists %s with its status", (code) => {
  const row = guide.split("\n").find((line) => line.startsWith("|") && line.split("|")[1]?.includes(`\`${code}\``));
  expect(row?.split("|")[2]?.trim()).toBe(String(problemKinds[code].status));
});

it.each(statuses)("docs/api.md names the status %s", (status) => {
  expect(guide).toContain(`\`${status}\``);
});
