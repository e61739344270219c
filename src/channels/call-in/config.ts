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
          "Your numbers that people call; one is drawn for each verification. Empty: the channel is off. Configure at least as many as `starts_per_callee_per_hour`, because a callee gets no number twice within a verification's lifetime and `number_cooldown_seconds`.",
      },
    ),
    number_cooldown_seconds: seconds(
      600,
      60,
      86_400,
      "Cool-down per callee: a number is not given to the same callee again for this time after a verification's lifetime. The call is rejected, so people tend to redial; that call must not prove a later verification.",
    ),
  },
);

export type CallInConfig = Static<typeof CallIn>;
