/** `onering serve`: the gateway in production, until a signal ends it. */
import closeWithGrace from "close-with-grace";
import { buildApp } from "../app.ts";
import { loadConfig } from "../config/load.ts";
import { configWarnings } from "../config/warnings.ts";
import { createLogger } from "../observability/log.ts";
import { stayCompiled } from "./stay-compiled.ts";

/** On top of the drain: closing sockets, telling Redis the last ends. */
const closeMarginMs = 5000;

/** @returns never with another code than 0; what goes wrong at start is thrown */
export async function serve(configPath: string): Promise<number> {
  stayCompiled();
  const config = await loadConfig({ path: configPath, env: process.env });
  const logger = createLogger(config.log);
  for (const warning of configWarnings(config)) logger.warn(warning);
  const app = await buildApp(config, { logger });
  const drainMs = Math.max(config.calls.drain_ms, config.http.shutdown_linger_ms);
  closeWithGrace({ delay: drainMs + closeMarginMs, logger: false }, async ({ err, signal }) => {
    if (err) logger.fatal({ err }, "ending after an error that nobody caught");
    else logger.info({ signal }, "draining: no new verifications, live calls end first");
    await app.stop();
    logger.info("stopped");
    logger.flush();
  });
  const { url } = await app.start();
  logger.info({ url }, `listening on ${url}`);
  return 0;
}
