/** docs/deploy/prometheus-alerts.yml under promtool: it is valid, and every alert fires when it should and only then. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { deployDir, promtool } from "../../support/prometheus.ts";
import { type AlertCase, alertCases } from "./alert-cases.ts";

const ruleFile = path.join(deployDir, "prometheus-alerts.yml");
interface Rule {
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
}
let rules: readonly Rule[];
let folder: string;

beforeAll(async () => {
  const { groups } = parse(await readFile(ruleFile, "utf8")) as { groups: { rules: Rule[] }[] };
  rules = groups.flatMap((group) => group.rules);
  folder = await mkdtemp(path.join(tmpdir(), "onering-promtool-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("promtool accepts the rules and the example configuration", async () => {
  expect(await promtool("check", "rules", ruleFile)).toMatchObject({ code: 0 });
  expect(await promtool("check", "config", path.join(deployDir, "prometheus.yml"))).toMatchObject({ code: 0 });
});

test("every alert has series on which it fires and series on which it does not", () => {
  expect(Object.keys(alertCases).sort()).toEqual(rules.map(({ alert }) => alert).sort());
  const oneSided = Object.entries(alertCases).filter(
    ([, cases]) => !cases.some(({ fires }) => fires) || cases.every(({ fires }) => fires),
  );
  expect(oneSided.map(([alert]) => alert)).toEqual([]);
});

test("every alert fires on what it is for, and only then", async () => {
  // A file for each: promtool evaluates every rule of a file at every minute of every test.
  const files = rules.map(async (rule) => {
    const [own, file] = [`${rule.alert}.rules.yml`, `${rule.alert}.test.yml`].map((name) => path.join(folder, name));
    const tests = (alertCases[rule.alert] ?? []).map((one, index) => promtoolTest(rule, one, `case ${index + 1}`));
    await writeFile(own ?? "", stringify({ groups: [{ name: rule.alert, rules: [rule] }] }));
    await writeFile(file ?? "", stringify({ rule_files: [own], evaluation_interval: "1m", tests }));
    return file ?? "";
  });
  const { code, output } = await promtool("test", "rules", ...(await Promise.all(files)));
  expect(output).not.toContain("FAILED");
  expect(code).toBe(0);
});

function promtoolTest({ alert, labels }: Rule, { series, at, fires }: AlertCase, name: string) {
  const all = { alertname: alert, alertstate: "firing", ...labels, ...fires };
  const shown = Object.entries(all).map(([label, value]) => `${label}="${value}"`);
  return {
    name,
    interval: "1m",
    input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })),
    promql_expr_test: [
      {
        expr: `ALERTS{alertname="${alert}",alertstate="firing"}`,
        eval_time: at,
        exp_samples: fires === null ? [] : [{ labels: `ALERTS{${shown.join(",")}}`, value: 1 }],
      },
    ],
  };
}
