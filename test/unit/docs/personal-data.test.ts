/** The table of docs/personal-data.md against the configuration: how long things are kept by default. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { testConfig } from "../../support/test-config.ts";

const page = readFileSync(path.join(import.meta.dirname, "../../../docs/personal-data.md"), "utf8");
const named = [...page.matchAll(/`([a-z_]+(?:\.[a-z_]+)+)` \((\d+) (s|h|days)\)/g)].map(
  ([, key = "", figure = "", unit = ""]) => [key, Number(figure), unit] as const,
);

/** With the sections that are off where they are left out. */
const config = testConfig({ scrubs: { folder: "/var/lib/onering/scrubs" } });

test.each(named)("%s is kept for %d %s by default", (key, figure, unit) => {
  const value = key.split(".").reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], config);
  expect(value).toBe(figure);
  expect(key).toMatch({ s: /_seconds$/, h: /_hours$/, days: /_days$/ }[unit] ?? /^$/);
});

test("every retention of the records has a row", () => {
  const { retention } = testConfig().records;
  expect(Object.keys(retention).filter((key) => !named.some(([one]) => one === `records.retention.${key}`))).toEqual(
    [],
  );
});
