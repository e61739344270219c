import type { RoutingConfig } from "../../src/telephony/trunks/routes-config.ts";

/** Breakers as they come, for tests of what is not about them. */
export const patientRouting: RoutingConfig = {
  breaker: {
    failures: 5,
    failing_percent: 50,
    window_calls: 20,
    window_ms: 30_000,
    pause_ms: 5000,
    longest_pause_ms: 300_000,
    probes: 3,
  },
};
