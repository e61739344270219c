/** `onering sandbox`: everything on this machine, until a signal ends it and all that it started. */
import closeWithGrace from "close-with-grace";
import { createLogger, writeOut } from "../observability/log.ts";
import { runSandbox } from "../sandbox/index.ts";

/** Long enough for a ringing call to be canceled and Asterisk and Redis to end. */
const closeDeadlineMs = 20_000;

/** @param driver what places the calls: a private Asterisk, or the gateway itself */
export async function sandbox(driver: "asterisk" | "sip"): Promise<number> {
  const logger = createLogger({ level: "warn" }, { sandbox: true });
  const running = await runSandbox({ env: process.env, stdout: process.stdout, logger, driver });
  closeWithGrace({ delay: closeDeadlineMs, logger: false }, async ({ err }) => {
    if (err) logger.fatal({ err }, "stopping after an uncaught error");
    await running.stop();
    await writeOut(logger);
  });
  return 0;
}
