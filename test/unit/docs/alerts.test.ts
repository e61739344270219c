/** Each alert of docs/deploy says what is wrong, why it matters and where to read what to do. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";

const root = path.join(import.meta.dirname, "../../..");
const read = (file: string) => readFileSync(path.join(root, file), "utf8");
interface Rule {
  readonly alert: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}
const { groups } = parse(read("docs/deploy/prometheus-alerts.yml")) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules).map((rule) => [rule.alert, rule] as const);
const headings = [...read("docs/troubleshooting.md").matchAll(/^### (OneRing\w+)$/gm)].map(([, name = ""]) => name);

it.each(rules)(
  "%s has a severity, a summary, a description and a runbook that exists",
  (alert, { labels, annotations }) => {
    expect(["critical", "warning"]).toContain(labels.severity);
    expect(Object.keys(annotations).sort()).toEqual(["description", "runbook_url", "summary"]);
    expect(annotations.description?.length).toBeGreaterThan(30);
    expect(annotations.runbook_url).toBe(`docs/troubleshooting.md#${alert.toLowerCase()}`);
    expect(headings).toContain(alert);
  },
);

it("no runbook is left of an alert that is gone", () => {
  expect(headings).toEqual(rules.map(([alert]) => alert));
});
