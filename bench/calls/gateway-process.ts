/**
 * Our side: the whole gateway, composed as in production (HTTP, rules, Redis, driver), in a process of its own.
 * It tells the bench when each call rings; everything else is the product as it is.
 */
import { buildApp } from "../../src/app.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createLogger } from "../../src/reports/log.ts";
import { wallMs } from "./protocol.ts";

/** Told in batches, so that the telling costs the gateway next to nothing. */
const tellEveryMs = 100;
const rang: { id: string; atMs: number }[] = [];
const config = await loadConfig({ path: process.env.BENCH_CONFIG ?? "", env: {} });
const app = await buildApp(config, {
  logger: createLogger(config.log, { sandbox: false }),
  report: (event) => {
    if (event.type === "attempt_ringing") rang.push({ id: event.id, atMs: wallMs() });
  },
});
setInterval(() => {
  if (rang.length > 0) process.send?.({ type: "ringing", calls: rang.splice(0) });
}, tellEveryMs).unref();
const { url } = await app.start();
process.send?.({ type: "ready", url });
process.on("disconnect", () => void app.stop().then(() => process.exit(0)));
