import type { Config } from "../../../src/config/schema.ts";
import { plainNumbers } from "../../support/plain-numbers.ts";

interface Changed {
  readonly ringMs?: number;
  readonly maxTrunks?: number;
}

/** Two trunks on one Asterisk: `plus` wants numbers with a plus sign, `bare` without. */
export function telephonyConfig(changed: Changed = {}): Pick<Config, "asterisks" | "trunks" | "routes" | "calls"> {
  const trunk = {
    ...plainNumbers,
    asterisk: "main",
    ring_on: "180" as const,
    ranges: ["block"],
    max_concurrent_calls: 100,
    calls_per_second: 10,
  };
  return {
    asterisks: {
      main: {
        driver: "ari-websocket",
        ari_url: "http://127.0.0.1:1",
        ari_user: "onering",
        ari_password: "secret",
        ari_app: "onering",
        request_timeout_ms: 5000,
        max_concurrent_calls: 500,
        calls_per_second: 200,
      },
    },
    trunks: {
      plus: { ...trunk, endpoint: "carrier-a" },
      bare: { ...trunk, endpoint: "carrier-b", number_format: "e164", ranges: ["block", "list"] },
    },
    routes: [
      { prefix: "+", trunks: ["plus", "bare"] },
      { prefix: "+44", trunks: ["bare"] },
    ],
    calls: {
      ring_ms: changed.ringMs ?? 5000,
      setup_limit_ms: 20_000,
      max_queue_ms: 2000,
      max_trunks: changed.maxTrunks ?? 1,
      second_call_gap_ms: 3000,
      drain_ms: 30_000,
    },
  };
}

/** Lets promises that are settled run their continuations. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
