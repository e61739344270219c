import type { RoutingConfig } from "../../src/telephony/trunks/routes-config.ts";
import { testConfig } from "./test-config.ts";

/** Breakers with their defaults, for tests of what is not about them. */
export const patientRouting: RoutingConfig = testConfig().routing;
