/** `onering serve`: the gateway in production, until a signal ends it. */
import { setTimeout as pause } from "node:timers/promises";
import closeWithGrace from "close-with-grace";
import type { Logger } from "pino";
import { type App, buildApp } from "../app.ts";
import { loadConfig } from "../config/load.ts";
import { configWarnings } from "../config/warnings.ts";
import { createLogger, writeOut } from "../observability/log.ts";
import { version } from "../shared/version.ts";
import { startTracing } from "../tracing/index.ts";
import { describeStartFailure, StartError } from "./start-failure.ts";
import { stayCompiled } from "./stay-compiled.ts";

/** On top of the drain: closing sockets, writing the last ends to Redis. */
const closeMarginMs = 5000;

/**
 * @returns 0; a signal ends the process later
 * @throws {ConfigError}
 * @throws {StartError} when everything that had been started is stopped again; the reason is in the log, too
 */
export async function serve(configPath: string): Promise<number> {
  stayCompiled();
  const config = await loadConfig({ path: configPath, env: process.env });
  const logger = createLogger(config.log);
  logger.info({ version, node: process.versions.node }, `OneRing ${version} starts`);
  for (const warning of configWarnings(config)) logger.warn(warning);
  ignoreSignals(logger);
  const drainMs = Math.max(config.calls.drain_ms, config.http.shutdown_linger_ms);
  let app: App | null = null;
  const grace = closeWithGrace(
    { delay: drainMs + closeMarginMs, logger: false, skip: [...ignoredSignals] },
    async ({ err, signal }) => {
      if (err) logger.fatal({ err }, "stopping after an uncaught error");
      else logger.info({ signal }, "draining: no new verifications, live calls end first");
      await app?.stop();
      logger.info("stopped");
      await writeOut(logger);
    },
  );
  try {
    app = await buildApp(config, { logger, tracing: await startTracing(process.env, logger) });
    const { url } = await app.start();
    logger.info({ url, version }, `listening on ${url}`);
    return 0;
  } catch (err) {
    // Its listeners would end the process with 0 when nothing is left to do.
    grace.uninstall();
    const why = describeStartFailure(err);
    await Promise.race([app?.stop().catch(() => undefined), pause(closeMarginMs)]);
    // Last, after what connections say as they are closed: an operator reads the last line.
    await writeOut(logger);
    logger.fatal({ err, version }, `cannot start: ${why}`);
    throw new StartError(why, { cause: err });
  }
}

/** Without a listener of ours each of them would end the process at once. */
const ignoredSignals = ["SIGHUP", "SIGUSR2"] as const;

function ignoreSignals(logger: Logger): void {
  process.on("SIGHUP", () => {
    logger.warn("SIGHUP ignored: the configuration is read at start only; restart the gateway to apply changes");
  });
  process.on("SIGUSR2", () => logger.info("SIGUSR2 ignored"));
}
