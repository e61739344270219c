/** Lists that apps have cleaned over the API. */
import type { Static } from "typebox";
import { count, section, text } from "../../typed-yaml/parts.ts";

export const Scrubs = section(
  "Lists of numbers that apps have cleaned over the API (`/v1/scrubs`); left out: not offered.",
  {
    folder: text("^/", "an absolute path, for instance /var/lib/onering/scrubs", {
      description:
        "Where lists and results lie, each in a folder of its own, readable for the gateway's user alone. One gateway uses it at a time: a second one on the same machine does not start, one in another container answers lists with 503.",
    }),
    max_bytes: count(
      268_435_456,
      1024,
      17_179_869_184,
      "Largest list. 256 MiB hold about 5 million rows of 50 bytes; the folder takes about twice as much per list.",
    ),
    keep_hours: count(
      24,
      1,
      720,
      "How long a list and its results are kept after it was cleaned, or after an upload was begun. A day: they are personal data, and time enough to fetch them.",
    ),
    max_minutes: count(
      60,
      1,
      10_080,
      "Longest time of one run; a list that takes longer fails, so that none keeps those of other apps waiting for ever. 5 million rows take some minutes.",
    ),
    per_app: count(20, 1, 1000, "Lists of one app that are there at once."),
    at_once: count(
      1,
      1,
      8,
      "Lists that are cleaned at the same time, each in a process of its own; others wait. One: calls and messages come first.",
    ),
  },
);

export type ScrubsConfig = Static<typeof Scrubs>;
