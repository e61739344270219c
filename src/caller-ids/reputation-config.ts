/** How caller IDs keep a good name with carriers. */
import type { Static } from "typebox";
import { count, optionalSection, seconds } from "../typed-yaml/parts.ts";

export const CallerIdReputation = optionalSection(
  "How caller IDs keep a good name with carriers, over all callees, trunks and gateways. What is over a cap or rests is not shown to anybody.",
  {
    attempts_per_hour: count(
      3,
      1,
      1000,
      "Calls from one caller ID within an hour. Carriers look closely at caller IDs with 20 attempts within 6 hours: 3 make 18. A 10,000 block then carries about 20,000 calls in an hour (docs/caller-ids.md says how that is worked out).",
    ),
    attempts_per_day: count(
      40,
      1,
      5000,
      "Calls from one caller ID within 24 hours: what a busy person makes, far below the hundreds that mark a robot. Each costs 6 bytes of Redis for a day.",
    ),
    flagged_cooldown_seconds: seconds(
      604_800,
      3600,
      7_776_000,
      "Rest of a caller ID that a network refused as unwanted (SIP 607, 608). A week: asking for redress takes days, and a label that is fed goes on.",
    ),
    silent_cooldown_seconds: seconds(
      86_400,
      600,
      2_592_000,
      "Rest of a caller ID whose calls stopped ringing while others ring. A day: it is a suspicion only, and the caps forget in a day too.",
    ),
    ring_history_attempts: count(
      20,
      5,
      100,
      "How many of its last calls are looked at for that: as many as carriers look at. Calls that say nothing of the caller ID (busy, unallocated, congestion …) are left out.",
    ),
    least_ringing_percent: count(
      20,
      1,
      90,
      "It rests when fewer of them rang. Of a healthy caller ID, 60 of 100 ring at least; it gets below 20 by chance once in 20,000 times.",
    ),
    least_trunk_ringing_percent: count(
      60,
      1,
      100,
      "Only while so many calls of the trunk ring, over all its caller IDs: otherwise it is the trunk, or the callees, and resting caller IDs would not help.",
    ),
    alarm_unavailable_percent: count(
      25,
      1,
      50,
      "A warning is logged when so much of a range is over a cap or rests. At more than 50 % (fixed, see ADR 5 and 20) the range is not used.",
    ),
  },
);

export type ReputationConfig = Static<typeof CallerIdReputation>;
