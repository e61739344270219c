/** The gateway as an operator runs it: `onering serve` in a process of its own, which can be killed and brought back. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { stringify } from "yaml";
import { Child } from "../../../src/local/process/child.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { gatewayClient } from "../../support/gateway.ts";

export interface GatewayProcess {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  readonly isUp: boolean;
  /** How it ended, though nobody ended it; null: it runs, or was killed. */
  readonly fault: string | null;
  /** The end of its log. */
  log(): string;
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Resolves when it can verify. @throws where that takes longer than 60 s */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

const root = path.join(import.meta.dirname, "../../..");
const readyDeadlineMs = 60_000;
const stopDeadlineMs = 15_000;

/** @param options.document the configuration but for http.port */
export async function startGatewayProcess(options: {
  readonly name: string;
  /** Where its configuration is written. */
  readonly dir: string;
  readonly document: Readonly<Record<string, unknown>>;
  /** Beside this process' own. */
  readonly env?: Readonly<Record<string, string>>;
}): Promise<GatewayProcess> {
  const { name, dir, document, env = {} } = options;
  const port = await freePort("tcp");
  const file = path.join(dir, `${name}.yaml`);
  await writeFile(file, stringify({ ...document, http: { ...(document.http as object), port } }));
  const program = { command: process.execPath, args: [path.join(root, "dist/main.js")], env: { ...env } };
  const start = () => Child.start(`gateway ${name}`, program, ["serve", "--config", file], { cwd: root });
  const url = `http://127.0.0.1:${port}`;
  const client = gatewayClient(url);
  const isReady = async () => (await client.get("/readyz").catch(() => null))?.status === 200;

  let child = await start();
  let isMeantToEnd = false;
  return {
    name,
    url,
    get pid() {
      return child.pid;
    },
    get isUp() {
      return child.running;
    },
    get fault() {
      return child.running || isMeantToEnd ? null : `ended by itself: ${child.output.slice(-300)}`;
    },
    log: () => child.output,
    async kill() {
      isMeantToEnd = true;
      await child.kill();
    },
    async restart() {
      child = await start();
      isMeantToEnd = false;
    },
    ready: () => child.waitUntil(isReady, readyDeadlineMs, async () => child.output.slice(-4000)),
    async stop() {
      isMeantToEnd = true;
      await child.stop(stopDeadlineMs);
    },
  };
}
