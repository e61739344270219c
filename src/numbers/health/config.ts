/** How long what deliveries taught about numbers is believed and kept. */
import type { Static } from "typebox";
import { count, optionalSection } from "../../typed-yaml/parts.ts";

const mostHours = 8760;

export const NumberHealthSection = optionalSection(
  "What deliveries taught about numbers (docs/number-health.md). What is done with it is the app's (apps.<name>.number_health).",
  {
    half_life_hours: optionalSection("Half-life of the confidence in evidence of each state.", {
      unallocated: count(
        720,
        1,
        mostHours,
        "30 days: numbers that are given up are given out again after one to three months.",
      ),
      switched_off: count(12, 1, mostHours, "Half a day: phones are charged, and people come home."),
      barred: count(168, 1, mostHours, "A week: a subscription that was not paid, or a filter."),
      answers_early: count(720, 1, mostHours, "30 days: a setting of a phone, seldom changed."),
      never_reads_sms: count(720, 1, mostHours, "30 days: a habit."),
      reachable: count(720, 1, mostHours, "30 days: most numbers that worked then work still."),
    }),
    kept_days: count(
      60,
      1,
      365,
      "How long evidence of a number is kept after its newest: two half-lives, when a quarter of the confidence is left.",
    ),
    refuse_percent: count(
      50,
      1,
      100,
      "A start is refused as `number_inactive` where the confidence that the number is unallocated is at least this: for one half-life after two trunks said so. After that it is tried again.",
    ),
    confirm_after_minutes: count(
      360,
      0,
      43_200,
      "Least time between two answers of one trunk that count as two pieces of evidence: six hours, longer than most faults of a carrier's routing last.",
    ),
    proven_by: count(
      10,
      1,
      1000,
      "How many other numbers of the same first six digits a trunk must have reached within two days for its own second answer to count: one that has no route there says `unallocated` of every number.",
    ),
    suspect_after: count(
      30,
      1,
      100_000,
      "From how many callees within two days on a trunk that said `unallocated` (or barred, or answered early) of more than half of them is not believed in that.",
    ),
    unread_texts: count(
      3,
      2,
      6,
      "How many verifications in which a text was sent and the person proved the number by a call make `never_reads_sms`.",
    ),
  },
);

export type NumberHealthConfig = Static<typeof NumberHealthSection>;
