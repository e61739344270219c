/**
 * What `onering serve` runs in each of several processes: a whole gateway, that shares the HTTP port with the others. Arguments:
 * the configuration file, and the index of this process.
 */
import cluster from "node:cluster";
import type { App } from "../app.ts";
import { loadConfig } from "../config/load.ts";
import { createLogger } from "../observability/log.ts";
import type { FromProcess, ToProcess } from "../processes/messages.ts";
import { configOfProcess } from "../processes/own-config.ts";
import { createPeers } from "../processes/peers.ts";
import { systemClock } from "../shared/clock.ts";
import { reloadAndLog, runGateway } from "./run-gateway.ts";
import { ownSignals } from "./signals.ts";
import { stayCompiled } from "./stay-compiled.ts";

/** EX_CONFIG of sysexits.h. */
const exitConfig = 78;

async function serveProcess(configPath: string, index: number): Promise<void> {
  stayCompiled();
  const load = async () => configOfProcess(await loadConfig({ path: configPath, env: process.env }), index);
  const config = await load();
  const logger = createLogger(config.log, { process: index });
  let app: App | null = null;
  let close: (() => void) | null = null;
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    // Nothing has been started yet.
    if (close === null) process.exit(0);
    close();
  };
  const peers = createPeers({
    ...{ send, stop, clock: systemClock },
    reload(by) {
      if (app !== null) reloadAndLog(app, by, logger);
    },
  });
  process.on("message", (message: ToProcess) => peers.receive(message));
  send({ type: "receiving" });
  cluster.worker?.on("disconnect", () => {
    // Left false, Node ends the process at once, and its phones ring on.
    if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
    peers.disconnected();
    if (!stopping) logger.error("the primary process has ended: this one drains and ends too");
    stop();
  });
  // A terminal sends it to all of them, and the primary to each: twice is once.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", stop);
  // The primary reloads all of them.
  for (const signal of ownSignals) process.on(signal, () => undefined);
  const url = await runGateway({
    ...{ config, load, logger, peers, skip: [...ownSignals, "SIGINT", "SIGTERM"] },
    built(one, end) {
      app = one;
      close = end;
    },
  });
  send({ type: "serving", url });
}

function send(message: FromProcess): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

const [configPath = "", index = ""] = process.argv.slice(2);
try {
  await serveProcess(configPath, Number(index));
} catch (error) {
  const why = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && error.name === "ConfigError" ? exitConfig : 1;
  const failed: FromProcess = { type: "failed", why };
  if (process.connected) process.send?.(failed, undefined, undefined, () => process.exit(code));
  else process.exit(code);
}
