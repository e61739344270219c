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

test("the panel of circuit breakers shows the worst state: of two processes, one open and one half-open, it showed 3", async () => {
  const { panels } = JSON.parse(await readFile(path.join(deployDir, "grafana-dashboard.json"), "utf8"));
  const [{ targets }] = panels.filter(({ title }: { title: string }) => title === "Circuit breakers");
  const states: Record<string, Record<string, string>> = {
    // Each state is the highest of the processes.
    mixed: { closed: "0", half_open: "1", open: "1" },
    open: { closed: "0", half_open: "0", open: "1" },
    half: { closed: "1", half_open: "1", open: "0" },
    closed: { closed: "1", half_open: "0", open: "0" },
  };
  const series = Object.entries(states).flatMap(([trunk, values]) =>
    Object.entries(values).map(([state, value]) => ({
      series: `onering_trunk_breaker{trunk="${trunk}",asterisk="one",instance="g1",state="${state}"}`,
      values: value,
    })),
  );
  // A second gateway, whose breaker is closed.
  series.push({ series: 'onering_trunk_breaker{trunk="open",asterisk="one",instance="g2",state="open"}', values: "0" });
  const expected = { mixed: 2, open: 2, half: 1, closed: 0 };
  const file = path.join(folder, "breakers.test.yml");
  const samples = Object.entries(expected).map(([trunk, value]) => ({
    labels: `{trunk="${trunk}",asterisk="one"}`,
    value,
  }));
  const query = { expr: targets[0].expr, eval_time: "0m", exp_samples: samples };
  await writeFile(file, stringify({ tests: [{ interval: "1m", input_series: series, promql_expr_test: [query] }] }));
  const { code, output } = await promtool("test", "rules", file);
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
