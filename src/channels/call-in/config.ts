/** Verification by an inbound call: the person calls one of our numbers. */

import { type Static, Type } from "typebox";
import { e164InWords, e164Pattern } from "../../numbers/e164.ts";
import { optionalSection, seconds, text } from "../../typed-yaml/parts.ts";

export const CallIn = optionalSection(
  "Verification by an inbound call (`channel: call_in`): the person calls one of your numbers.",
  {
    numbers: Type.Array(
      text(e164Pattern, e164InWords, {
        description: "A number of yours that leads to a trunk with `inbound.trusted`.",
      }),
      {
        default: [],
        maxItems: 1000,
        uniqueItems: true,
        description:
          "Your numbers that people may be told to call; one is drawn for each verification. None: the channel is off. Have at least as many as `starts_per_callee_per_hour`: a callee gets none twice within its life and `number_cooldown_seconds`.",
      },
    ),
    number_cooldown_seconds: seconds(
      600,
      60,
      86_400,
      "How long a number is not given to the same callee again, from the end of a verification's life: the call is refused, so people dial it once more, and that call must prove nothing new.",
    ),
  },
);

export type CallInConfig = Static<typeof CallIn>;
