/** Opens the gateways' store for the doctor. */
import { setTimeout as pause } from "node:timers/promises";
import { pino } from "pino";
import { createStore, type Store } from "../redis/index.ts";
import { systemClock } from "../shared/clock.ts";
import type { DoctorConfig } from "./config.ts";

const deadlineMs = 3000;
const pollMs = 20;

/** @returns the store, to be closed by the caller; null where Redis does not answer, which `examineRedis` reports */
export async function openStore(config: DoctorConfig): Promise<Store | null> {
  const store = createStore({
    ...{ redis: config.redis, reputation: config.caller_id_reputation },
    ...{ clock: systemClock, logger: pino({ level: "silent" }) },
  });
  if (await answers(store)) return store;
  await store.close();
  return null;
}

async function answers(store: Store): Promise<boolean> {
  const giveUpAtMs = performance.now() + deadlineMs;
  while (!(await store.ping())) {
    if (performance.now() > giveUpAtMs) return false;
    await pause(pollMs);
  }
  return true;
}
