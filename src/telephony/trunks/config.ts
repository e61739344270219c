/** The trunks. */

import { type Static, Type } from "typebox";
import { e164PrefixPattern } from "../../numbers/e164.ts";
import { count, section, text } from "../../typed-yaml/parts.ts";

const numberRules = (description: string) =>
  Type.Array(
    section("How numbers that start with a prefix are written; the longest prefix wins.", {
      prefix: text(e164PrefixPattern(0, 12), "a plus sign and up to 12 digits, for instance +44", {
        description: "Start of the number in E.164; `+` matches all.",
      }),
      strip: count(
        0,
        0,
        12,
        "How many digits are taken off the front, the plus sign not counted; at most those of the prefix.",
      ),
      add: text("^\\+?\\d{0,12}$", "up to 12 digits, perhaps with a plus sign before them", {
        default: "",
        description: "What is put before the rest.",
      }),
    }),
    {
      default: [],
      maxItems: 1000,
      description: `${description} A number that a rule matches is sent as the rule leaves it; \`number_format\` is for all others.`,
    },
  );

export const Trunk = section("A SIP route to a carrier: an endpoint in Asterisk's pjsip.conf.", {
  asterisk: Type.Optional(
    Type.String({ description: "Which of `asterisks` has it. Give exactly one of asterisk and asterisks." }),
  ),
  asterisks: Type.Optional(
    Type.Array(Type.String(), {
      minItems: 1,
      maxItems: 16,
      uniqueItems: true,
      description:
        "Which of `asterisks` have it, under the same endpoint name: calls are spread over them, and go on when one is away.",
    }),
  ),
  endpoint: text("^[A-Za-z0-9_.-]{1,60}$", "1 to 60 letters, digits, dots, - or _", {
    description: "Name of the PJSIP endpoint.",
  }),
  number_format: Type.Union([Type.Literal("+e164"), Type.Literal("e164"), Type.Literal("national")], {
    default: "+e164",
    description:
      "How the carrier wants numbers (callee and caller ID): E.164 with or without the plus sign, or as people of its country dial them.",
  }),
  country_calling_code: Type.Optional(
    text("^[1-9]\\d{0,2}$", "1 to 3 digits without a plus sign, for instance 44", {
      description: "For `national`, and only there: the country whose numbers are national.",
    }),
  ),
  national_prefix: text("^\\d{0,4}$", "up to 4 digits", {
    default: "0",
    description:
      "For `national`: what stands before a national number. `0` in most countries, `1` in North America, empty in Italy or Spain.",
  }),
  international_prefix: text("^(\\+|\\d{1,6})$", "a plus sign or 1 to 6 digits", {
    default: "00",
    description:
      "For `national`: what stands before numbers of other countries. `00` in most countries (ITU-T E.164, I.1), `011` in North America.",
  }),
  callee_rules: numberRules("Callees that this carrier wants otherwise, for instance with a tech prefix."),
  caller_id_rules: numberRules("Caller IDs that this carrier wants otherwise."),
  ring_on: Type.Union([Type.Literal("180"), Type.Literal("180+183")], {
    default: "180",
    description:
      "Which response means that the phone rings. 183 alone may be an announcement: believe it only where the carrier says so.",
  }),
  ranges: Type.Array(Type.String(), {
    minItems: 1,
    uniqueItems: true,
    description: "Which of `ranges` this carrier lets you present as caller ID.",
  }),
  inbound: Type.Optional(
    section(
      "What calls that come in by this trunk are worth. All of them are refused; Asterisk must let them in so far.",
      {
        trusted: Type.Boolean({
          default: false,
          description:
            "Whether the caller ID of such a call proves the caller. Only where the carrier vouches for it, and nobody else can send calls by this trunk: never over plain UDP on a public network.",
        }),
      },
    ),
  ),
  max_concurrent_calls: count(
    100,
    1,
    10_000,
    "Calls that all gateways together keep up at once on this trunk; ask the carrier for its channel limit.",
  ),
  calls_per_second: count(
    10,
    1,
    10_000,
    "Calls that all gateways together begin in a second on this trunk, evenly spaced; ask the carrier for its CPS limit. Carriers answer what is above with 503 or block the trunk.",
  ),
});

export type TrunkConfig = Static<typeof Trunk>;
/** One of a trunk's `callee_rules` or `caller_id_rules`. */
export type NumberRule = TrunkConfig["callee_rules"][number];
