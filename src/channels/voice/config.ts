/** Voice calls that read out a code. */
import { type Static, Type } from "typebox";
import { count, ms, section, text } from "../../typed-yaml/parts.ts";

const Price = section("What a carrier charges for answered calls. The longest matching prefix counts.", {
  prefix: text("^\\+([1-9]\\d{0,14})?$", "a plus sign and up to 15 digits, for instance +4474", {
    description: "Start of callees in E.164; + for all.",
  }),
  trunk: Type.Optional(Type.String({ description: "Name of the trunk; without it every trunk." })),
  per_minute: Type.Number({ minimum: 0, maximum: 1000, description: "Price of a minute in your currency." }),
  increment_seconds: count(
    60,
    1,
    600,
    "Billing increment: each started one is charged. Many contracts charge whole minutes, others seconds (1).",
  ),
});

export const Voice = section(
  "Voice calls (`channel: voice`): Asterisk calls, and on answer reads out the code. Without this section the channel is off. Answered calls cost money: docs/channel-voice.md says what to guard against.",
  {
    confirm_key: Type.Union([Type.Literal("1"), Type.Null()], {
      default: "1",
      description:
        "Key to be pressed before the code is read out. null: none, and then voicemail and call screening get the code.",
    }),
    ring_ms: ms(
      25_000,
      5000,
      60_000,
      "Ring time, from the first 180 to our CANCEL. 25 s are five rings; most networks turn to voicemail after 15 to 30 s.",
    ),
    max_call_ms: ms(
      60_000,
      15_000,
      180_000,
      "Longest call, from its answer to our hang-up. Three prompts and two readings of six digits take some 45 s in slow languages; whole minutes are what carriers charge.",
    ),
    max_prompts: count(
      3,
      1,
      5,
      'How many times "press 1" is played before the call is hung up: a person who puts the phone to the ear misses the first.',
    ),
    key_wait_ms: ms(4000, 500, 15_000, "Wait for the key after each prompt, before it is repeated."),
    prices: Type.Array(Price, {
      default: [],
      maxItems: 1000,
      description: "Prices, for the `cost` of each call. Where none matches the cost is unknown (null).",
    }),
  },
);

export type VoiceConfig = Static<typeof Voice>;
