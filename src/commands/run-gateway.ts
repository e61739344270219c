/** One gateway in this process, from its configuration until a signal, or what stands for one, ends it. */
import { setTimeout as pause } from "node:timers/promises";
import closeWithGrace from "close-with-grace";
import type { Logger } from "pino";
import { type App, type AppOptions, buildApp } from "../app.ts";
import type { Config } from "../config/schema.ts";
import { writeOut } from "../observability/log.ts";
import { Refusal } from "../shared/refusal.ts";
import { version } from "../shared/version.ts";
import { startTracing } from "../tracing/index.ts";
import { closeMarginMs, type ownSignals, reasonsOfAbruptEnd, stopMs } from "./signals.ts";
import { describeStartFailure, StartError } from "./start-failure.ts";

export interface GatewayRun extends Pick<AppOptions, "peers"> {
  readonly config: Config;
  readonly load: () => Promise<Config>;
  readonly logger: Logger;
  /** Signals that do not end it. */
  readonly skip: readonly ((typeof ownSignals)[number] | "SIGINT" | "SIGTERM")[];
  /** It is built, and about to start. @param close ends it, and the process with 0 */
  readonly built: (app: App, close: () => void) => void;
}

/**
 * @returns where it listens; a signal ends the process later
 * @throws {StartError} when everything that had been started is stopped again; the reason is in the log, too
 */
export async function runGateway({ config, load, logger, skip, built, peers = null }: GatewayRun): Promise<string> {
  let app: App | null = null;
  const grace = closeWithGrace(
    { delay: stopMs(config), logger: false, skip: [...skip], ...reasonsOfAbruptEnd(logger) },
    async ({ err, signal }) => {
      if (err) logger.fatal({ err }, "stopping after an uncaught error");
      else logger.info({ signal }, "draining: no new verifications, live calls end first");
      await app?.stop();
      logger.info("stopped");
      await writeOut(logger);
    },
  );
  try {
    const tracing = await startTracing(process.env, logger);
    const watchedFiles = variableFiles(process.env);
    app = await buildApp(config, { logger, loadConfig: load, watchedFiles, tracing, peers });
    built(app, () => void grace.close());
    const { url } = await app.start();
    logger.info({ url, version }, `listening on ${url}`);
    return url;
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

/** More than a configuration has are somebody else's. */
const maxWatchedFiles = 200;

/** The files that `NAME_FILE` name, in place of `NAME`. */
function variableFiles(env: NodeJS.ProcessEnv): readonly string[] {
  const files = Object.entries(env).flatMap(([name, file]) => (name.endsWith("_FILE") && file ? [file] : []));
  return files.slice(0, maxWatchedFiles);
}

/** What is wrong with the file is in the log already. */
export function reloadAndLog(app: App, by: string, logger: Logger): void {
  app.reload(by).catch((err: unknown) => {
    if (!(err instanceof Refusal && err.code === "configuration_invalid")) {
      logger.error({ err }, "configuration not reloaded");
    }
  });
}
