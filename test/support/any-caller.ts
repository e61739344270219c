import type { Caller } from "../../src/telephony/trunks/admission-port.ts";

/** One app without limits, for tests of what is not about them. */
export const anyCaller: Caller = {
  app: "test",
  prefix: "+4474000",
  weight: 1,
  sharesTrunks: false,
  isNext: false,
  app_calls_per_second: null,
  app_concurrent_calls: null,
  app_calls_per_day: null,
  app_answered_per_day: null,
  prefix_calls_per_second: null,
  prefix_concurrent_calls: null,
  prefix_calls_per_day: null,
};
