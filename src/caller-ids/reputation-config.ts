/** Caller-ID reputation: caps and cool-downs. */
import type { Static } from "typebox";
import { count, optionalSection, seconds } from "../typed-yaml/parts.ts";

export const CallerIdReputation = optionalSection(
  "Caller-ID reputation with carriers, over all callees, trunks and gateways. A caller ID that is over a cap or in cool-down is not presented.",
  {
    attempts_per_hour: count(
      3,
      1,
      1000,
      "Call attempts per caller ID within an hour. Carriers inspect caller IDs with 20 attempts within 6 hours; 3 an hour make 18. A 10,000 block then carries about 20,000 calls an hour (calculated in docs/caller-ids.md).",
    ),
    attempts_per_day: count(
      40,
      1,
      5000,
      "Call attempts per caller ID within 24 hours: as many as a busy person makes, far below the hundreds of a robocaller. Each takes 6 bytes of Redis for a day.",
    ),
    first_flagged_cooldown_seconds: seconds(
      3600,
      60,
      7_776_000,
      "First cool-down of a caller ID that networks refused as unwanted (SIP 607, 608, 603+). The second is 24 times as long (a day), up to flagged_cooldown_seconds.",
    ),
    flagged_cooldown_seconds: seconds(
      604_800,
      3600,
      7_776_000,
      "Longest cool-down of such a caller ID. A week: redress takes days, and further calls would prolong a label.",
    ),
    flagging_prefixes: count(
      3,
      1,
      50,
      "Distinct callee prefixes that must have refused it within a day: one destination must not take a caller ID from all others. A prefix that refuses most of its calls, with any caller ID, does not count.",
    ),
    flagging_apps: count(
      1,
      1,
      50,
      "Distinct apps whose calls they refused. 2 where one app's users are not to be trusted and several apps have traffic.",
    ),
    flagged_percent_per_hour: count(
      1,
      1,
      100,
      "Cool-downs for refusals that may begin in a range within an hour, in percent of its size (one at least): what refuses faster than that is not about single caller IDs.",
    ),
    silent_cooldown_seconds: seconds(
      86_400,
      600,
      2_592_000,
      "Cool-down of a caller ID whose calls stopped ringing while others ring. A day: it is only a suspicion, and the caps cover a day too.",
    ),
    ring_history_attempts: count(
      20,
      5,
      100,
      "How many of its last call attempts are evaluated for that: as many as carriers look at. Outcomes that say nothing about the caller ID (busy, unallocated, congestion …) are not counted.",
    ),
    least_ringing_percent: count(
      20,
      1,
      90,
      "The cool-down begins when a smaller share of them rang. Of a healthy caller ID's calls at least 60 of 100 ring; it falls below 20 by chance once in 20,000 times.",
    ),
    least_trunk_ringing_percent: count(
      60,
      1,
      100,
      "Only while at least this share of the trunk's calls rings, over all its caller IDs: otherwise the trunk or the callees are the cause, and a cool-down would not help.",
    ),
    alarm_unavailable_percent: count(
      25,
      1,
      50,
      "A warning is logged when this share of a range is over a cap or in cool-down. Above 50 % (fixed, see ADR 5 and 20) the range is not used.",
    ),
  },
);

export type ReputationConfig = Static<typeof CallerIdReputation>;
