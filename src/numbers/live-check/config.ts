/** Live checks of numbers. */
import { type Static, Type } from "typebox";
import { count, ms, optionalSection } from "../../typed-yaml/parts.ts";
import { country } from "../config.ts";

export const LiveCheckSection = optionalSection(
  "Live checks: `POST /v1/numbers/lookup` with `live: true` asks the network by a call that is canceled at the first sign of the phone (docs/live-check.md).",
  {
    countries: Type.Array(country(), {
      default: [],
      maxItems: 300,
      uniqueItems: true,
      description:
        "ISO 3166 countries whose numbers may be checked. None by default: a phone may blip, and such calls are restricted or unwelcome in some countries; ask your carrier first.",
    }),
    answer_within_ms: ms(
      10_000,
      3000,
      25_000,
      "Longest time until a check answers; without an answer by then it is `unknown`. Post-dial delays over 8 s are rare (ITU-T E.721).",
    ),
    repeat_hours: count(
      24,
      24,
      720,
      "Least interval of two checks of one number, over all apps; in between the answer is given again, with its age. A day: a person must not be disturbed more often.",
    ),
    ranges: Type.Array(Type.String(), {
      default: [],
      maxItems: 100,
      uniqueItems: true,
      description:
        "Which of `ranges` checks present as caller ID, where the trunk and the app may; empty: those of missed calls. Ranges of their own keep unsolicited calls away from the reputation of the others.",
    }),
    cancel_on_183: Type.Array(Type.String(), {
      default: [],
      maxItems: 100,
      uniqueItems: true,
      description:
        "Trunks whose 183 proves that the phone was found: the call ends there, mostly before it rings. Only where the carrier confirms that it sends 183 for no announcement. A change needs a restart.",
    }),
    per_minute: count(60, 1, 100_000, "Checks a minute of all apps together, over all gateways."),
    app_per_minute: count(10, 1, 100_000, "Checks a minute of one app."),
    app_per_day: count(1000, 1, 10_000_000, "Checks of one app in a UTC day."),
    max_concurrent_calls: count(
      5,
      1,
      1000,
      "Checks that are in progress at once, over all gateways: verifications need the channel slots.",
    ),
    channel_percent: count(
      50,
      1,
      100,
      "A check takes a channel slot only while less than this share of the trunk's slots is taken, by calls of any kind; the rest is for verifications.",
    ),
    cost: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1_000_000,
        description:
          "The most that one check may cost, in the currency of your prices: counts towards spend caps (`spend_per_day`) and is in the event `number.live_checked`. A canceled call is usually free, an answered one is not.",
      }),
    ),
  },
);

export type LiveCheckConfig = Static<typeof LiveCheckSection>;
