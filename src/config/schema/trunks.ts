/** The trunks, and which of them carries what. */
import { Type } from "typebox";
import { count, section, text } from "./parts.ts";

export const Trunk = section("A SIP route to a carrier: an endpoint in Asterisk's pjsip.conf.", {
  asterisk: Type.String({ description: "Which of `asterisks` has it." }),
  endpoint: text("^[A-Za-z0-9_.-]{1,60}$", "1 to 60 letters, digits, dots, - or _", {
    description: "Name of the PJSIP endpoint.",
  }),
  number_format: Type.Union([Type.Literal("+e164"), Type.Literal("e164")], {
    default: "+e164",
    description: "How the carrier wants numbers (callee and caller ID): with or without the plus sign.",
  }),
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

export const Route = section("Which trunks carry calls to numbers that start with a prefix; the longest prefix wins.", {
  prefix: text("^\\+\\d{0,12}$", "a plus sign and up to 12 digits, for instance +44", {
    description: "Start of the callee's number in E.164; `+` matches all.",
  }),
  trunks: Type.Array(Type.String(), {
    minItems: 1,
    uniqueItems: true,
    description: "Trunks in order of preference; the first usable one is taken.",
  }),
});
