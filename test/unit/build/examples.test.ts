/** docs/examples and docs/deploy are used as they are. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { receiptResults } from "../../../src/channels/messages/events.ts";
import { messageMachine } from "../../../src/channels/messages/machine.ts";
import { missedCallMachine } from "../../../src/channels/missed-call/machine.ts";
import { voiceMachine } from "../../../src/channels/voice/machine.ts";
import { projectRoot } from "../../../src/local/fetch/paths.ts";
import { createMetrics } from "../../../src/observability/metrics.ts";

const example = (name: string) => readFile(path.join(projectRoot, "docs/examples", name), "utf8");

test.each([
  ["onering.yaml", 5],
  ["onering-sip.yaml", 3],
])("the systemd unit and its environment file give every variable that %s names", async (name, least) => {
  const config = (await example(name)).replaceAll(/#.*/g, "");
  const wanted = new Set([...config.matchAll(/\$\{([A-Z0-9_]+)\}/g)].map(([, variable]) => variable));
  const unit = await example("onering.service");
  const given = `${unit}\n${await example("onering.env")}`;
  expect(wanted.size).toBeGreaterThan(least);
  expect([...wanted].filter((variable) => !new RegExp(`\\b${variable}(_FILE)?=`).test(given))).toEqual([]);
  // systemd names each file of a folder after the credential and an underscore.
  expect(unit).toMatch(/^LoadCredential=secret:\/etc\/onering\/secrets$/m);
  for (const [, variable = "", file] of unit.matchAll(/\b(\w+)_FILE=(\S+)/g)) {
    expect(file).toBe(`%d/secret_${variable.toLowerCase()}`);
  }
});

test("the systemd unit lets live calls end and gives up on a wrong configuration", async () => {
  const unit = await example("onering.service");
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThanOrEqual(40);
  expect(unit).toMatch(/^RestartPreventExitStatus=64 78$/m);
  expect(unit).toMatch(/^LimitNOFILE=\d{5}$/m);
});

test("every metric and label value that a recommended alert asks for exists", async () => {
  const metrics = createMetrics({
    liveCalls: () => 0,
    trunks: () => [],
    paths: () => [],
    outOfService: () => [],
    asterisks: () => [],
    callerIds: async () => [],
    redisMemory: async () => null,
    braked: () => [],
    overloadLimit: () => null,
  });
  // The one is the primary's, of several processes.
  const known = ["onering_process_restarts_total", ...metrics.registry.getMetricsAsArray().map(({ name }) => name)];
  const file = path.join(projectRoot, "docs/deploy/prometheus-alerts.yml");
  const { groups } = parse(await readFile(file, "utf8")) as { groups: { rules: { expr: string }[] }[] };
  const rules = groups.flatMap((group) => group.rules);
  const asked = rules.flatMap(({ expr }) => expr.match(/\bonering_\w+/g) ?? []);
  expect(rules.length).toBeGreaterThan(5);
  expect([...new Set(asked)].filter((name) => !known.includes(name.replace(/_(count|bucket|sum)$/, "")))).toEqual([]);
  const states = [missedCallMachine, voiceMachine, messageMachine].flatMap((machine) => Object.keys(machine.states));
  expect(valuesOf(rules, "onering_deliveries_total", "state").filter((state) => !states.includes(state))).toEqual([]);
  const results = receiptResults as readonly string[];
  const wanted = valuesOf(rules, "onering_message_receipts_total", "result");
  expect(wanted.filter((result) => !results.includes(result))).toEqual([]);
  expect(wanted).toContain("early");
});

/** The values of a label that the alerts select. */
function valuesOf(rules: readonly { expr: string }[], metric: string, label: string): string[] {
  const selector = new RegExp(`${metric}\\{${label}=~?"([^"]+)"`, "g");
  return rules.flatMap(({ expr }) => [...expr.matchAll(selector)].flatMap(([, values = ""]) => values.split("|")));
}
