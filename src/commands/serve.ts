/** `onering serve`: the gateway in production, until a signal ends it. */
import type { Logger } from "pino";
import type { App } from "../app.ts";
import { loadConfig } from "../config/load.ts";
import { configWarnings } from "../config/warnings.ts";
import { createLogger } from "../observability/log.ts";
import { processCount } from "../processes/count.ts";
import { version } from "../shared/version.ts";
import { ownSignals } from "./signals.ts";
import { stayCompiled } from "./stay-compiled.ts";

/**
 * @returns 0; a signal ends the process later
 * @throws {ConfigError}
 * @throws {StartError} when everything that had been started is stopped again; the reason is in the log, too
 */
export async function serve(configPath: string): Promise<number> {
  stayCompiled();
  const load = () => loadConfig({ path: configPath, env: process.env });
  const config = await load();
  if (processCount(config.server) > 1) {
    const { serveProcesses } = await import("./serve-processes.ts");
    return await serveProcesses(configPath, config);
  }
  // Not loaded by the primary of several processes: it is most of a gateway's memory.
  const { reloadAndLog, runGateway } = await import("./run-gateway.ts");
  const logger = createLogger(config.log);
  logger.info({ version, node: process.versions.node }, `OneRing ${version} starts`);
  for (const warning of configWarnings(config)) logger.warn(warning);
  let app: App | null = null;
  receiveSignals(logger, (by) => {
    if (app !== null) reloadAndLog(app, by, logger);
    return app !== null;
  });
  await runGateway({
    ...{ config, load, logger, skip: ownSignals },
    built(one) {
      app = one;
    },
  });
  return 0;
}

/** @param reload returns false where there is nothing to reload yet */
function receiveSignals(logger: Logger, reload: (by: string) => boolean): void {
  process.on("SIGHUP", () => {
    if (!reload("signal SIGHUP")) {
      logger.warn("SIGHUP ignored: the gateway is starting, with the configuration as it is now");
    }
  });
  process.on("SIGUSR2", () => logger.info("SIGUSR2 ignored"));
}
