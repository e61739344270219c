import type { LimitsConfig } from "../../src/apps/limits-config.ts";
import type { RoutingConfig } from "../../src/telephony/trunks/routes-config.ts";
import { testConfig } from "./test-config.ts";

/** Breakers with their defaults, for tests of what is not about them. */
export const patientRouting: RoutingConfig = testConfig().routing;

/** No app has a limit; brakes with their defaults; late tests are no overload. */
export const noLimits: LimitsConfig = {
  ...testConfig().limits,
  overload: { event_loop_delay_ms: 10_000, originate_ms: 30_000, ring_overrun_ms: 30_000 },
};
