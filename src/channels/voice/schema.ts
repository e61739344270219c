/** The API's representation of a voice call. */
import { type Static, Type } from "typebox";
import { AttemptBody } from "../calls/attempt.ts";

export const VoiceBody = Type.Object(
  {
    locale: Type.Union([Type.String(), Type.Null()], {
      description: "Language in which the code is read out, BCP 47; null until the call was answered.",
    }),
    confirm_key: Type.Union([Type.String(), Type.Null()], {
      description: "Key that the person presses to hear the code; null: none. Tell the person beside the input field.",
    }),
    ring: Type.Object(
      {
        ms: Type.Integer({ description: "Longest ring time in milliseconds." }),
        setup_limit_ms: Type.Integer({ description: "Longest time until it rings, in milliseconds." }),
      },
      { description: "How long an app should wait for the call." },
    ),
    talk_ms: Type.Union([Type.Integer(), Type.Null()], {
      description: "From the answer to the end of the call, in milliseconds; null where it was not answered.",
    }),
    attempt: Type.Union([AttemptBody, Type.Null()], { description: "Result of the call; null until it has ended." }),
  },
  { description: "With channel `voice` only." },
);

export type VoiceBody = Static<typeof VoiceBody>;
