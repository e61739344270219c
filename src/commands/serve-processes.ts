/** `onering serve` with several processes: this one starts them, starts again what ends, and ends them together. */
import { fileURLToPath } from "node:url";
import closeWithGrace from "close-with-grace";
import type { Config } from "../config/schema.ts";
import { configWarnings } from "../config/warnings.ts";
import { createLogger, writeOut } from "../observability/log.ts";
import { createCountedMetrics } from "../observability/summed-metrics.ts";
import { clusterFork } from "../processes/cluster-fork.ts";
import { processCount } from "../processes/count.ts";
import { createPrimary, ProcessEnded } from "../processes/primary.ts";
import { systemClock } from "../shared/clock.ts";
import { cryptoRandom } from "../shared/random.ts";
import { version } from "../shared/version.ts";
import { ownSignals, reasonsOfAbruptEnd, stopMs } from "./signals.ts";
import { StartError } from "./start-failure.ts";

/** Each ends by itself within its own limit; then it is killed. */
const killMarginMs = 2000;

/**
 * @returns 0; a signal ends the process later
 * @throws {StartError} where one of them cannot start; the others are stopped again
 */
export async function serveProcesses(configPath: string, config: Config): Promise<number> {
  const logger = createLogger(config.log, { process: "primary" });
  const count = processCount(config.server);
  logger.info({ version, node: process.versions.node, processes: count }, `OneRing ${version} starts`);
  for (const warning of configWarnings(config)) logger.warn(warning);
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  const script = fileURLToPath(new URL(`./serve-process${extension}`, import.meta.url));
  const primary = createPrimary({
    ...{ count, fork: clusterFork(script, [configPath]), counted: createCountedMetrics() },
    ...{ clock: systemClock, random: cryptoRandom, logger },
  });
  const stop = () => primary.stop(stopMs(config) + killMarginMs);
  process.on("SIGHUP", () => {
    if (!primary.reload("signal SIGHUP")) logger.warn("SIGHUP ignored: no process serves yet");
  });
  process.on("SIGUSR2", () => logger.info("SIGUSR2 ignored"));
  /** Set where they do not end because somebody asked for it. */
  let failure: ProcessEnded | null = null;
  const grace = closeWithGrace(
    {
      ...{ delay: stopMs(config) + 2 * killMarginMs, logger: false, skip: [...ownSignals] },
      ...reasonsOfAbruptEnd(logger),
      onSecondSignal: () => primary.kill(),
    },
    async ({ err, signal }) => {
      if (err) logger.fatal({ err }, "stopping all processes after an uncaught error");
      else logger.info({ signal }, "draining all processes");
      const killed = await stop();
      if (killed > 0) logger.error({ killed }, "processes did not end in time and were killed");
      logger.info("stopped");
      await writeOut(logger);
      if (failure === null) return;
      logger.fatal(failure.message);
      // Makes the exit code 1.
      throw failure;
    },
  );
  try {
    await primary.start();
  } catch (error) {
    if (!(error instanceof ProcessEnded)) throw error;
    grace.uninstall();
    await stop();
    await writeOut(logger);
    logger.fatal({ version }, `cannot start: ${error.message}`);
    throw new StartError(error.message, { cause: error });
  }
  primary.running.catch((error: ProcessEnded) => {
    failure = error;
    logger.error(`stopping all processes: ${error.message}`);
    void grace.close();
  });
  logger.info({ processes: count, version }, `all ${count} processes serve`);
  return 0;
}
