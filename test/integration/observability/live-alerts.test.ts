/**
 * Every alert in both states in a real Prometheus that scrapes the gateway's own metrics. `for` is left out, because nobody
 * waits for a day here (alerts.test.ts has it under promtool); expressions, windows and labels are those of docs/deploy.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { parse, stringify } from "yaml";
import { deployDir, type Prometheus, type RuleState, startPrometheus } from "../../support/prometheus.ts";
import { startFigures } from "./figures.ts";

interface Rule {
  readonly alert: string;
  for?: string;
}
const { groups } = parse(await readFile(path.join(deployDir, "prometheus-alerts.yml"), "utf8")) as {
  groups: { rules: Rule[] }[];
};
const names = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
for (const rule of groups.flatMap(({ rules }) => rules)) delete rule.for;

let figures: Awaited<ReturnType<typeof startFigures>>;
let prometheus: Prometheus;

beforeAll(async () => {
  figures = await startFigures();
  prometheus = await startPrometheus({
    targets: { onering: figures.address },
    rules: stringify({ groups }),
    history: capturedCalls(figures.address),
  });
}, 120_000);
afterAll(async () => {
  await prometheus?.stop();
  await figures?.stop();
});

/** A SIP capture that worked until two hours ago. */
function capturedCalls(instance: string): string {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const lines = [180, 170, 160, 150, 140, 130, 120].map(
    (minutes) =>
      `onering_call_sources_total{source="sip",job="onering",instance="${instance}"} ${200 - minutes} ${nowSeconds - minutes * 60}`,
  );
  return ["# TYPE onering_call_sources counter", ...lines, "# EOF", ""].join("\n");
}
const notIn = (state: RuleState["state"], rules: readonly RuleState[]) =>
  rules.filter((rule) => rule.health !== "ok" || rule.state !== state).map(({ name, lastError }) => lastError ?? name);

test("all are evaluated and none fires while all is well", async () => {
  figures.good();
  // Scraped more than once, so that increases can be seen.
  await expect
    .poll(async () => (await prometheus.query("count_over_time(onering_live_calls[1m]) >= 3")).length, {
      timeout: 20_000,
    })
    .toBe(1);
  figures.good();
  const started = async () => (await prometheus.query("sum(onering_verifications_started_total)"))[0]?.value[1];
  await expect.poll(started).toBe("20");
  await expect.poll(async () => notIn("inactive", await prometheus.rules())).toEqual([]);
  expect((await prometheus.rules()).map(({ name }) => name).sort()).toEqual(names.sort());
});

test("every one fires when what it is for happens, and says where", async () => {
  figures.bad();
  await vi.waitFor(async () => expect(notIn("firing", await prometheus.rules())).toEqual(["OneRingGatewayDown"]), {
    timeout: 25_000,
    interval: 500,
  });
  const alerts = (await prometheus.rules()).flatMap((rule) => rule.alerts);
  const texts = alerts.flatMap(({ annotations }) => Object.values(annotations));
  // A label that is not there leaves a gap; a function that fails says so.
  expect(texts.filter((text) => /<error|<no value>| {2}|\s$|\(\)/.test(text))).toEqual([]);
  const where = (name: string) =>
    alerts
      .filter(({ labels }) => labels.alertname === name)
      .map(({ labels: { trunk, suspicion, channel, result } }) => [trunk, suspicion, channel, result].join(" ").trim())
      .sort();
  expect(where("OneRingTrunkDown")).toEqual(["carrier"]);
  expect(where("OneRingTrunkSuspected")).toEqual(["caller_id caller_id", "format number_format"]);
  expect(where("OneRingNotVerifying")).toEqual(["caller_id"]);
  expect(where("OneRingPostDialDelay")).toEqual(["caller_id"]);
  expect(where("OneRingUnallocated")).toEqual(["format"]);
  expect(where("OneRingAnswered")).toEqual(["answered"]);
  expect(where("OneRingReceiptsMissing")).toEqual(["whatsapp"]);
  expect(where("OneRingSipCertificateEnds")).toEqual(["", "carrier"]);
  expect(where("OneRingSipNoOptions")).toEqual(["carrier"]);
  expect(where("OneRingInboundUnreadable")).toEqual(["format   wrong_format"]);
});

test("a gateway that does not answer is down", async () => {
  await figures.stop();
  await expect
    .poll(async () => (await prometheus.rules()).find(({ name }) => name === "OneRingGatewayDown")?.state)
    .toBe("firing");
});
