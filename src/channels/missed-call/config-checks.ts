/** Limits of a verification that leave room for its calls. */

import type { CallsConfig } from "../../telephony/calls/config.ts";
import type { CrossCheck, IsSound } from "../../typed-yaml/cross-check.ts";
import type { Problem } from "../../typed-yaml/errors.ts";
import { appShare } from "../../verification/app-share.ts";
import type { VerificationSettings } from "../../verification/config.ts";
import type { MissedCallSettings } from "./config.ts";

interface Sections {
  readonly verification: VerificationSettings & MissedCallSettings;
  readonly calls: CallsConfig;
  readonly apps: Readonly<Record<string, unknown>>;
}

export const missedCallChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["verification", "calls"], problems: codesOutliveTheirCalls },
  { reads: ["verification", "apps"], problems: callsFitTheHour },
];

/** A code that expires while the phone still rings can never be typed. */
function codesOutliveTheirCalls({ verification, calls }: Sections, isSound: IsSound): Problem[] {
  const { ttl_seconds: ttlSeconds, min_calls: least, starts_per_callee_per_hour: most } = verification;
  const read = ["ttl_seconds", "min_calls", "starts_per_callee_per_hour"];
  if (!read.every((key) => isSound(["verification", key])) || !isSound(["calls"])) return [];
  // An app may request two calls with any minimum, unless a callee gets only one per hour.
  const times = most >= 2 ? 2 : least;
  const callsMs = times * (calls.setup_limit_ms + calls.ring_ms) + (times - 1) * calls.second_call_gap_ms;
  if (ttlSeconds * 1000 > callsMs) return [];
  const what = times === 1 ? "a call" : "two calls and the gap between them";
  const expected = `more than the ${callsMs / 1000} seconds that calls.setup_limit_ms and calls.ring_ms let ${what} take`;
  return [{ path: ["verification", "ttl_seconds"], given: String(ttlSeconds), expected }];
}

/** With fewer starts an hour than calls for one code, no number could ever be verified. */
function callsFitTheHour({ verification, apps }: Sections, isSound: IsSound): Problem[] {
  if (!isSound(["verification"]) || !isSound(["apps"])) return [];
  const { min_calls: calls, starts_per_callee_per_hour: most } = verification;
  const count = Object.keys(apps).length;
  if (calls <= appShare(most, count)) return [];
  const path = ["verification", "starts_per_callee_per_hour"];
  if (calls > most) return [{ path, given: String(most), expected: `at least min_calls, which is ${calls}` }];
  const share = appShare(most, count);
  return [
    {
      path,
      given: String(most),
      expected: `more: each of ${count} apps has ${share} of it, and min_calls is ${calls}`,
    },
  ];
}
