/** How much one app may call, how apps share a trunk, and the brakes for an app or a prefix whose calls fail in a costly way. */
import { type Static, Type } from "typebox";
import { count, ms, optionalSection, section } from "../typed-yaml/parts.ts";

const most = (maximum: number, description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum, description }));

const limits = {
  calls_per_second: most(
    10_000,
    "Calls per second, in bursts of one second's worth; without it as many as the trunks carry.",
  ),
  max_concurrent_calls: most(10_000, "Concurrent calls; without it as many as the trunks carry."),
  calls_per_day: most(10_000_000, "Calls in a UTC day, including those that did not ring; without it no limit."),
  answered_per_day: most(
    10_000_000,
    "Answered calls in a UTC day: only those cost money. A person seldom answers in time, so a twentieth of calls_per_day is ample.",
  ),
  prefix_calls_per_second: most(
    10_000,
    "Calls per second to one callee prefix (country code and more, 7 digits in all).",
  ),
  prefix_max_concurrent_calls: most(10_000, "Concurrent calls to one callee prefix."),
  prefix_calls_per_day: most(10_000_000, "Calls in a UTC day to one callee prefix."),
  weight: most(
    1000,
    "Weight of the app's share of a busy trunk, relative to the other apps that call at the same time; without it 1.",
  ),
};

/** Of one app: `apps.<name>.limits`. */
export const AppLimits = Type.Optional(
  section(
    "Limits of this app's calls over all gateways; keys that are left out default to those of limits.apps.",
    limits,
  ),
);

export const Limits = optionalSection("Limits that protect all apps from one app or one destination.", {
  apps: optionalSection("Limits of each app that has none of its own in apps.<name>.limits.", limits),
  brake: optionalSection(
    "An app or a callee prefix whose calls are answered (artificially inflated traffic) or are never checked gets a trickle of calls until that changes. Each gateway judges for itself; others are not affected.",
    {
      sample: count(
        30,
        10,
        10_000,
        "Calls to distinct numbers before anything is judged: with 30, 50 % answered calls are not chance (a healthy share is below 10 %).",
      ),
      answered_percent: count(
        50,
        1,
        101,
        "Answered calls, in percent. People seldom answer within ring_ms; fraud answers all. 101 turns it off.",
      ),
      false_answer_percent: count(
        30,
        1,
        101,
        "Calls answered without alerting, in percent: false answer supervision. 101 turns it off.",
      ),
      unchecked_percent: count(
        101,
        1,
        101,
        "Of an app's verifications that ended, those whose code was delivered and never checked. Off (101), because the usual share differs between apps; 90 suits most sign-up forms.",
      ),
      window_seconds: count(3600, 60, 86_400, "Half-life of the counts, so a brake releases by itself."),
      trickle_ms: ms(
        10_000,
        1000,
        3_600_000,
        "One call in this time goes on while braked: without any call a recovery could not be detected.",
      ),
    },
  ),
  overload: optionalSection(
    "The gateway admits fewer calls while it, or its Asterisks, are late: a phone that rings too long is worse than a refusal with Retry-After.",
    {
      event_loop_delay_ms: ms(
        200,
        20,
        10_000,
        "p99 of the event loop's delay within a second. Timers that end a ring are as late as that.",
      ),
      originate_ms: ms(
        1000,
        50,
        30_000,
        "p99 of Asterisk's reply to an originate within a second. An Asterisk that is not overloaded replies in less than 20 ms.",
      ),
      ring_overrun_ms: ms(1000, 100, 30_000, "A ring that lasted this much longer than ring_ms was ended too late."),
    },
  ),
});

export type LimitsConfig = Static<typeof Limits>;
export type AppLimitsConfig = LimitsConfig["apps"];
