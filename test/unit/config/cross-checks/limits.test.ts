import { describe } from "vitest";
import { cases } from "./cases.ts";

describe("limits", () => {
  cases([
    [
      "webhooks of one app that could take every delivery: slow endpoints of one app held up all others",
      (c) => (c.webhooks = { concurrency: 256 }),
      /^webhooks\.concurrency: 256 → at least 640 \(2 × concurrency_per_endpoint × endpoints_per_app\)/,
    ],
    [
      "a breaker that could never open",
      (c) => (c.routing = { breaker: { failures: 21 } }),
      /^routing\.breaker\.failures: 21 → at most window_calls, which is 20/,
    ],
    [
      "a longest pause below the first",
      (c) => (c.routing = { breaker: { pause_ms: 400_000 } }),
      /^routing\.breaker\.longest_pause_ms: 300000 → at least pause_ms, which is 400000/,
    ],
    [
      "two calls that an hour has no room for",
      (c) => (c.verification = { min_calls: 2, starts_per_callee_per_hour: 1 }),
      /^verification\.starts_per_callee_per_hour: 1 → at least min_calls, which is 2/,
    ],
    [
      "two calls that an app's share of an hour has no room for",
      (c) => {
        c.verification = { min_calls: 2, starts_per_callee_per_hour: 3 };
        c.apps = { shop: { api_keys_sha256: ["ab".repeat(32)] }, bank: { api_keys_sha256: ["cd".repeat(32)] } };
      },
      /^verification\.starts_per_callee_per_hour: 3 → more: each of 2 apps has 1 of it, and min_calls is 2/,
    ],
    [
      "a code that expires before the second of its calls is over",
      (c) => (c.verification = { min_calls: 2, ttl_seconds: 53 }),
      /^verification\.ttl_seconds: 53 → more than the 53 seconds that .* two calls/,
    ],
    [
      "a code that expires before the second of two calls that an app may ask for: `calls: 2` passed and expired",
      (c) => (c.verification = { ttl_seconds: 40 }),
      /^verification\.ttl_seconds: 40 → more than the 53 seconds that .* two calls/,
    ],
    [
      "codes that expire while the phone may still ring",
      (c) => {
        c.verification = { ttl_seconds: 65, starts_per_callee_per_hour: 1 };
        c.calls = { setup_limit_ms: 60_000, ring_ms: 5000 };
      },
      /^verification\.ttl_seconds: 65 → more than the 65 seconds/,
    ],
    [
      "more checks than the callee has",
      (c) => (c.verification = { max_checks: 5, wrong_checks_per_callee: 4 }),
      /^verification\.max_checks: 5 → at most wrong_checks_per_callee, which is 4/,
    ],
  ]);
});
