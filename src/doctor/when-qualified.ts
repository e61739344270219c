/** Waits where Asterisk has just started or reloaded: until it has sent its first OPTIONS, its endpoints read offline. */
import { setTimeout as pause } from "node:timers/promises";
import type { AriConfig } from "../telephony/asterisk/access.ts";
import { askAri } from "./ari-request.ts";

/** Asterisk's default `qualify_frequency` of 60 s, over which the first OPTIONS are spread, and its time-out of 3 s. */
export const qualifiedAfterMs = 63_000;
const pollMs = 1000;

export interface QualifyOptions {
  /** The PJSIP endpoints of its trunks. */
  readonly endpoints: readonly string[];
  /** Called with one line when the wait begins. */
  readonly say: (text: string) => void;
  readonly clock?: { readonly nowMs: () => number; readonly pause: (ms: number) => Promise<unknown> };
}

/**
 * Resolves at once where no endpoint is offline or Asterisk is older than `qualifiedAfterMs`; else when the last one is
 * online, or Asterisk has reached that age. Never rejects: other problems are reported by the checks.
 */
export async function whenQualified(name: string, asterisk: AriConfig, options: QualifyOptions): Promise<void> {
  const { endpoints, say, clock = { nowMs: Date.now, pause } } = options;
  try {
    if (!(await anyOffline(asterisk, endpoints))) return;
    const ageMs = await sinceReload(asterisk, clock.nowMs());
    if (ageMs === null) return;
    // By Asterisk's clock it may have started in the future.
    const waitMs = Math.min(qualifiedAfterMs - ageMs, qualifiedAfterMs);
    if (waitMs <= 0) return;
    const seconds = Math.ceil(waitMs / 1000);
    say(`Asterisk ${name} started or reloaded just now, contacts may not be qualified yet: waiting up to ${seconds} s`);
    const giveUpAtMs = clock.nowMs() + waitMs;
    while (clock.nowMs() < giveUpAtMs) {
      await clock.pause(Math.min(pollMs, giveUpAtMs - clock.nowMs()));
      if (!(await anyOffline(asterisk, endpoints))) return;
    }
  } catch {
    // It does not answer: the checks report that.
  }
}

async function anyOffline(asterisk: AriConfig, endpoints: readonly string[]): Promise<boolean> {
  for (const endpoint of endpoints) {
    const { body } = await askAri(asterisk, "GET", `/endpoints/PJSIP/${encodeURIComponent(endpoint)}`);
    if ((body as { state?: unknown } | null)?.state === "offline") return true;
  }
  return false;
}

/** Milliseconds since Asterisk started or reloaded; null where unknown. */
async function sinceReload(asterisk: AriConfig, nowMs: number): Promise<number | null> {
  const { body } = await askAri(asterisk, "GET", "/asterisk/info?only=status");
  const { startup_time: startedAt, last_reload_time: reloadedAt } = (body as { status?: Times } | null)?.status ?? {};
  const times = [startedAt, reloadedAt].map((time) => Date.parse(time ?? "")).filter((time) => !Number.isNaN(time));
  return times.length === 0 ? null : nowMs - Math.max(...times);
}

interface Times {
  readonly startup_time?: string;
  readonly last_reload_time?: string;
}
