/**
 * Our side: the whole gateway, composed as in production (HTTP, rules, Redis, driver), in a process of its own.
 * It tells the bench when each call rings; but for a ring time shorter than the
 * configuration allows, everything else is the product as it is.
 */
import { buildApp } from "../../src/app.ts";
import { stayCompiled } from "../../src/commands/stay-compiled.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createLogger } from "../../src/observability/log.ts";
import { wallMs } from "./protocol.ts";

/** Told in batches, so that the telling costs the gateway next to nothing. */
const tellEveryMs = 100;
const rang: { id: string; atMs: number }[] = [];
/** The bare side hangs up at ringing. No operator may configure a ring this short; the bench compares the same work. */
const ringMs = 100;
stayCompiled();
const loaded = await loadConfig({ path: process.env.BENCH_CONFIG ?? "", env: {} });
const config = { ...loaded, calls: { ...loaded.calls, ring_ms: ringMs } };
const app = await buildApp(config, {
  logger: createLogger(config.log, { sandbox: false }),
  onEvent: ({ type, data }) => {
    if (type === "call.ringing") rang.push({ id: data.verification, atMs: wallMs() });
  },
});
const telling = setInterval(() => {
  if (rang.length > 0) process.send?.({ type: "ringing", calls: rang.splice(0) });
}, tellEveryMs);
const { url } = await app.start();
process.send?.({ type: "ready", url });
process.on("disconnect", () => {
  clearInterval(telling);
  void app.stop().then(() => process.exit(0));
});
