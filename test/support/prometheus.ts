/** A real Prometheus on loopback, and promtool, for the tests of docs/deploy. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { stringify } from "yaml";
import { projectRoot, runtimeDir } from "../../src/local/fetch/paths.ts";
import { Child } from "../../src/local/process/child.ts";
import { freePort } from "../../src/local/process/free-port.ts";
import { runCommand } from "../../src/local/process/run-command.ts";
import { findPrometheus, type PrometheusPrograms } from "./fetch/prometheus.ts";

/** Files that operators copy. */
export const deployDir = path.join(projectRoot, "docs/deploy");
/** promtool and Prometheus' API answer in milliseconds; a busy machine takes longer. */
const deadlineMs = 60_000;
const pollMs = 100;

/** One series of an instant query's answer. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  /** [seconds, the value as text: may be NaN] */
  readonly value: readonly [number, string];
}

export interface ActiveAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: "pending" | "firing";
}

export interface RuleState {
  readonly name: string;
  /** `ok` once it was evaluated without an error. */
  readonly health: "ok" | "err" | "unknown";
  readonly state: "inactive" | "pending" | "firing";
  readonly lastError?: string;
  readonly alerts: readonly ActiveAlert[];
}

export interface Prometheus {
  /** Evaluates PromQL now. @throws where Prometheus refuses it */
  query(promql: string): Promise<readonly Sample[]>;
  /** The alert rules as last evaluated. */
  rules(): Promise<readonly RuleState[]>;
  stop(): Promise<void>;
}

async function programs(): Promise<PrometheusPrograms> {
  const found = await findPrometheus(runtimeDir);
  if (found === undefined) throw new Error("Prometheus is not here yet: run `npm run runtime -- --for-tests`.");
  return found;
}

/** Runs promtool. @returns its exit status and what it printed */
export async function promtool(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return runCommand((await programs()).promtool, args, { deadlineMs });
}

/**
 * Starts Prometheus, which scrapes and evaluates once a second.
 * @param targets addresses by job name
 * @param rules the text of a rule file
 */
export async function startPrometheus(options: {
  readonly targets: Readonly<Record<string, string>>;
  readonly rules?: string;
  /** Earlier samples, as OpenMetrics text with times. */
  readonly history?: string;
}): Promise<Prometheus> {
  const folder = await mkdtemp(path.join(tmpdir(), "onering-prometheus-"));
  const configuration = {
    global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
    rule_files: options.rules === undefined ? [] : ["rules.yml"],
    scrape_configs: Object.entries(options.targets).map(([job, target]) => ({
      ...{ job_name: job, static_configs: [{ targets: [target] }] },
    })),
  };
  await writeFile(path.join(folder, "prometheus.yml"), stringify(configuration));
  if (options.rules !== undefined) await writeFile(path.join(folder, "rules.yml"), options.rules);
  const data = path.join(folder, "data");
  if (options.history !== undefined) {
    const history = path.join(folder, "history.txt");
    await writeFile(history, options.history);
    const { code, output } = await promtool("tsdb", "create-blocks-from", "openmetrics", history, data);
    if (code !== 0) throw new Error(`promtool: ${output}`);
  }
  const port = await freePort("tcp");
  const url = `http://127.0.0.1:${port}`;
  const { prometheus } = await programs();
  const child = await Child.start("prometheus", { command: prometheus, args: [], env: {} }, [
    `--config.file=${path.join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${data}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--log.level=warn",
  ]);

  async function ask<T>(pathAndQuery: string): Promise<T> {
    const response = await fetch(url + pathAndQuery, { signal: AbortSignal.timeout(deadlineMs) });
    const { status, data, error } = (await response.json()) as { status: string; data: T; error?: string };
    if (status !== "success") throw new Error(`${pathAndQuery}: ${error}`);
    return data;
  }
  async function stop() {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  }
  const giveUpAtMs = performance.now() + deadlineMs;
  for (;;) {
    const ready = await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) break;
    if (!child.running || performance.now() > giveUpAtMs) {
      await stop();
      throw new Error(`Prometheus did not start:\n${child.output.slice(-2000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return {
    query: async (promql) =>
      (await ask<{ result: Sample[] }>(`/api/v1/query?query=${encodeURIComponent(promql)}`)).result,
    rules: async () =>
      (await ask<{ groups: { rules: RuleState[] }[] }>("/api/v1/rules?type=alert")).groups.flatMap(
        ({ rules }) => rules,
      ),
    stop,
  };
}
