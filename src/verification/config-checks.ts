/** Figures that must fit each other. */

import type { CrossCheck, IsSound } from "../config/checks.ts";
import type { Config } from "../config/schema.ts";
import type { Problem } from "../typed-yaml/errors.ts";

export const limitChecks: readonly CrossCheck[] = [
  { reads: ["verification", "calls"], problems: codesOutliveTheirCalls },
  { reads: ["verification"], problems: callsFitTheHour },
  { reads: ["verification"], problems: checksFitTheCap },
  { reads: ["routing"], problems: breakerCanOpen },
  { reads: ["routing"], problems: pausesGrow },
];

/** A code that expires while the phone still rings can never be typed. */
function codesOutliveTheirCalls({ verification, calls }: Config, isSound: IsSound): Problem[] {
  const { ttl_seconds: ttlSeconds, min_calls: times } = verification;
  if (!isSound(["verification", "ttl_seconds"]) || !isSound(["verification", "min_calls"])) return [];
  if (!isSound(["calls"])) return [];
  const callsMs = times * (calls.setup_limit_ms + calls.ring_ms) + (times - 1) * calls.second_call_gap_ms;
  if (ttlSeconds * 1000 > callsMs) return [];
  const what = times === 1 ? "a call" : "two calls and the gap between them";
  const expected = `more than the ${callsMs / 1000} seconds that calls.setup_limit_ms and calls.ring_ms let ${what} take`;
  return [{ path: ["verification", "ttl_seconds"], given: String(verification.ttl_seconds), expected }];
}

/** No number could ever be verified. */
function callsFitTheHour({ verification }: Config, isSound: IsSound): Problem[] {
  if (!isSound(["verification"])) return [];
  const { min_calls: calls, starts_per_callee_per_hour: most } = verification;
  if (calls <= most) return [];
  const path = ["verification", "starts_per_callee_per_hour"];
  return [{ path, given: String(most), expected: `at least min_calls, which is ${calls}` }];
}

/** Checks beyond the cap of the callee would be promised (`checks_left`) and never be given. */
function checksFitTheCap({ verification }: Config, isSound: IsSound): Problem[] {
  if (!isSound(["verification"])) return [];
  const { max_checks: checks, wrong_checks_per_callee: cap } = verification;
  if (checks <= cap) return [];
  const expected = `at most wrong_checks_per_callee, which is ${cap}`;
  return [{ path: ["verification", "max_checks"], given: String(checks), expected }];
}

/** A window that holds fewer calls than must fail never says anything. */
function breakerCanOpen({ routing }: Config, isSound: IsSound): Problem[] {
  const path = ["routing", "breaker", "failures"];
  if (!isSound(["routing", "breaker"])) return [];
  const { failures, window_calls: calls } = routing.breaker;
  return failures <= calls
    ? []
    : [{ path, given: String(failures), expected: `at most window_calls, which is ${calls}` }];
}

function pausesGrow({ routing }: Config, isSound: IsSound): Problem[] {
  const path = ["routing", "breaker", "longest_pause_ms"];
  if (!isSound(["routing", "breaker"])) return [];
  const { pause_ms: first, longest_pause_ms: longest } = routing.breaker;
  return first <= longest ? [] : [{ path, given: String(longest), expected: `at least pause_ms, which is ${first}` }];
}
