/** The keys of a profile that bound each of the app's verifications: within the gateway's own limits, and no request goes past them. */
import { Type } from "typebox";
import { section, text } from "../typed-yaml/parts.ts";

const optional = (minimum: number, maximum: number, description: string) =>
  Type.Optional(Type.Integer({ minimum, maximum, description }));

const prefixes = (description: string) =>
  Type.Optional(
    Type.Array(
      text("^\\+[1-9]\\d{0,14}$", "a plus sign and 1 to 15 digits, for instance +4474", {
        description: "Start of numbers in E.164.",
      }),
      { minItems: 1, maxItems: 1000, uniqueItems: true, description },
    ),
  );

const time = (description: string) =>
  text("^([01]\\d|2[0-3]):[0-5]\\d$", "a time of day such as 21:30", { description });

export const boundKeys = {
  ttl_seconds: optional(
    30,
    600,
    "Lifetime of the app's codes; at most verification.ttl_seconds, which holds without it. Raise that for one app and narrow the others.",
  ),
  max_checks: optional(1, 10, "Checks per verification; at most verification.max_checks, which holds without it."),
  max_deliveries: optional(
    1,
    20,
    "Deliveries of one verification: the steps of its workflow, choices and repeats; a step that was refused counts. Without it the limits of the callee alone.",
  ),
  ring_ms: optional(1000, 30_000, "Ring time of its missed calls; at most calls.ring_ms, which holds without it."),
  code_length: optional(
    4,
    10,
    "Digits of a code that is sent or spoken; a start may ask for more, not for fewer. Without it verification.message_code_length, and a start may ask for any length that max_guess_probability permits.",
  ),
  ranges: Type.Optional(
    Type.Array(text("^[a-z0-9][a-z0-9_-]{0,39}$", "the name of a range"), {
      minItems: 1,
      maxItems: 100,
      uniqueItems: true,
      description: "Caller-ID ranges that calls for this app present, by their names in ranges; without it all.",
    }),
  ),
  allowed_prefixes: prefixes(
    "Callees that this app may contact, by the start of their numbers; without it all that `numbers` permits.",
  ),
  denied_prefixes: prefixes("Callees that this app never contacts, in addition to numbers.denied_prefixes."),
  quiet_hours: Type.Optional(
    section(
      "Hours in which nobody is called, by the callee's time zone; call-ins and messages go on. Where a country has several zones they are quiet for all of its numbers as long as they are in any of them. Off without it.",
      {
        from: time("Beginning, in the callee's local time."),
        to: time("End, in the callee's local time; may be on the next day."),
        action: Type.Optional(
          Type.Union([Type.Literal("refuse"), Type.Literal("skip")], {
            default: "refuse",
            description:
              "`refuse`: a start whose first delivery would be a call is refused with `quiet_hours` and Retry-After. `skip`: its next channel that does not call begins instead, where it has one. A later step by a call is skipped in any case.",
          }),
        ),
      },
    ),
  ),
};
