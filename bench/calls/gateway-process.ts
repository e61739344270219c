/**
 * Our side: the whole gateway, composed as in production (HTTP, rules, Redis, driver), in a process of its own.
 * It tells the bench when each call rings; everything else is the product as it is.
 */
import { buildApp } from "../../src/app.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createLogger } from "../../src/reports/log.ts";
import { wallMs } from "./protocol.ts";

const config = await loadConfig({ path: process.env.BENCH_CONFIG ?? "", env: {} });
const app = await buildApp(config, {
  logger: createLogger(config.log, { sandbox: false }),
  report: (event) => {
    if (event.type === "attempt_ringing") process.send?.({ type: "ringing", id: event.id, atMs: wallMs() });
  },
});
const { url } = await app.start();
process.send?.({ type: "ready", url });
process.on("disconnect", () => void app.stop().then(() => process.exit(0)));
