/** `onering serve`: the gateway in production, until a signal ends it. */
import { setTimeout as pause } from "node:timers/promises";
import closeWithGrace from "close-with-grace";
import type { Logger } from "pino";
import { type App, buildApp } from "../app.ts";
import { loadConfig } from "../config/load.ts";
import { configWarnings } from "../config/warnings.ts";
import { createLogger, writeOut } from "../observability/log.ts";
import { Refusal } from "../shared/refusal.ts";
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
  const load = () => loadConfig({ path: configPath, env: process.env });
  const config = await load();
  const logger = createLogger(config.log);
  logger.info({ version, node: process.versions.node }, `OneRing ${version} starts`);
  for (const warning of configWarnings(config)) logger.warn(warning);
  let app: App | null = null;
  receiveSignals(logger, () => app);
  const drainMs = Math.max(config.calls.drain_ms, config.http.shutdown_linger_ms);
  const grace = closeWithGrace(
    { delay: drainMs + closeMarginMs, logger: false, skip: [...ownSignals] },
    async ({ err, signal }) => {
      if (err) logger.fatal({ err }, "stopping after an uncaught error");
      else logger.info({ signal }, "draining: no new verifications, live calls end first");
      await app?.stop();
      logger.info("stopped");
      await writeOut(logger);
    },
  );
  try {
    app = await buildApp(config, { logger, loadConfig: load, tracing: await startTracing(process.env, logger) });
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
const ownSignals = ["SIGHUP", "SIGUSR2"] as const;

function receiveSignals(logger: Logger, app: () => App | null): void {
  process.on("SIGHUP", () => {
    const running = app();
    if (running === null) {
      logger.warn("SIGHUP ignored: the gateway is starting, with the configuration as it is now");
      return;
    }
    // What is wrong with the file is in the log already.
    running.reload("signal SIGHUP").catch((err: unknown) => {
      if (!(err instanceof Refusal && err.code === "configuration_invalid")) {
        logger.error({ err }, "configuration not reloaded");
      }
    });
  });
  process.on("SIGUSR2", () => logger.info("SIGUSR2 ignored"));
}
