/** The trunks. */

import { type Static, Type } from "typebox";
import { e164PrefixPattern } from "../../numbers/e164.ts";
import { count, section, text } from "../../typed-yaml/parts.ts";
import { SipTrunk } from "../sip-trunks/trunk-config.ts";

const numberRules = (description: string) =>
  Type.Array(
    section("Rewriting of numbers that start with a prefix; the longest matching prefix wins.", {
      prefix: text(e164PrefixPattern(0, 12), "a plus sign and up to 12 digits, for instance +44", {
        description: "Start of the number in E.164; `+` matches all.",
      }),
      strip: count(
        0,
        0,
        12,
        "Digits removed from the front, not counting the plus sign; at most as many as the prefix has.",
      ),
      add: text("^\\+?\\d{0,12}$", "up to 12 digits, perhaps with a plus sign before them", {
        default: "",
        description: "Digits put in front of the remaining ones.",
      }),
    }),
    {
      default: [],
      maxItems: 1000,
      description: `${description} A number that matches a rule is sent as the rule writes it; \`number_format\` applies to all others.`,
    },
  );

export const Trunk = section(
  "A SIP trunk to a carrier: an endpoint in Asterisk's pjsip.conf, or reached by the gateway itself.",
  {
    asterisk: Type.Optional(
      Type.String({
        description: "Which of `asterisks` has the endpoint. Give exactly one of asterisk, asterisks and sip.",
      }),
    ),
    asterisks: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        maxItems: 16,
        uniqueItems: true,
        description:
          "Which of `asterisks` have the endpoint, under the same name: calls are distributed over them and fail over when one is down.",
      }),
    ),
    endpoint: Type.Optional(
      text("^[A-Za-z0-9_.-]{1,60}$", "1 to 60 letters, digits, dots, - or _", {
        description: "Name of the PJSIP endpoint; required with asterisk or asterisks.",
      }),
    ),
    sip: Type.Optional(SipTrunk),
    number_format: Type.Union([Type.Literal("+e164"), Type.Literal("e164"), Type.Literal("national")], {
      default: "+e164",
      description:
        "Format of callee and caller ID towards the carrier: E.164 with or without the plus sign, or as numbers are dialled within its country.",
    }),
    country_calling_code: Type.Optional(
      text("^[1-9]\\d{0,2}$", "1 to 3 digits without a plus sign, for instance 44", {
        description:
          "With `national`, where it is required, and only there: the country whose numbers are sent in national format.",
      }),
    ),
    national_prefix: text("^\\d{0,4}$", "up to 4 digits", {
      default: "0",
      description:
        "With `national`: the trunk prefix in front of national numbers. `0` in most countries, `1` in North America, empty in Italy or Spain.",
    }),
    international_prefix: text("^(\\+|\\d{1,6})$", "a plus sign or 1 to 6 digits", {
      default: "00",
      description:
        "With `national`: the prefix in front of numbers of other countries. `00` in most countries (ITU-T E.164, I.1), `011` in North America.",
    }),
    callee_rules: numberRules("Callees that this carrier needs in another format, for instance with a tech prefix."),
    caller_id_rules: numberRules("Caller IDs that this carrier needs in another format."),
    ring_on: Type.Union([Type.Literal("180"), Type.Literal("180+183")], {
      default: "180",
      description:
        "Which response counts as alerting. 183 without 180 may be an announcement: select `180+183` only where the carrier confirms that its 183 means ringing.",
    }),
    ranges: Type.Array(Type.String(), {
      minItems: 1,
      uniqueItems: true,
      description: "Which of `ranges` this carrier accepts as caller ID.",
    }),
    inbound: Type.Optional(
      section(
        "Inbound calls on this trunk. All are rejected unanswered; an Asterisk must accept them up to that point (docs/trunks.md); with `sip` see docs/sip-trunks.md.",
        {
          trusted: Type.Boolean({
            default: false,
            description:
              "Whether the caller ID of such a call proves the caller. Only where the carrier vouches for it and is the only one that can send calls on this trunk: never over plain UDP on a public network.",
          }),
          identity: Type.Union([Type.Literal("pai"), Type.Literal("from")], {
            default: "pai",
            description:
              "Where the carrier writes the caller that it vouches for: P-Asserted-Identity (RFC 3325), exactly one, or From. `from` only where the carrier says in writing that it sets From itself: otherwise the caller's phone writes it.",
          }),
          to_may_differ: Type.Boolean({
            default: false,
            description:
              "Whether calls count whose To is another number than the Request-URI. A forwarded call looks so; set it only where the carrier writes To like this in every call (an account, a pilot number).",
          }),
          min_attestation: Type.Optional(
            Type.Union([Type.Literal("A"), Type.Literal("B"), Type.Literal("C")], {
              description:
                "The lowest STIR/SHAKEN attestation that proves a caller: `verstat` of the identity, P-Attestation-Indicator or Attestation-Info, where the carrier passes them on. Left out: none is needed, and a signature that failed still proves nothing.",
            }),
          ),
        },
      ),
    ),
    max_concurrent_calls: count(
      100,
      1,
      100_000,
      "Admission control: concurrent calls (channel slots) on this trunk, over all gateways; ask the carrier for its channel limit. 100 fit 10 calls per second that last 10 s each.",
    ),
    calls_per_second: count(
      10,
      1,
      10_000,
      "Admission control: new calls per second (CPS) on this trunk, over all gateways, evenly spaced; ask the carrier for its CPS limit. Above it carriers answer 503 or block the trunk: 10 is a cautious default.",
    ),
  },
);

export type TrunkConfig = Static<typeof Trunk>;
/** One of a trunk's `callee_rules` or `caller_id_rules`. */
export type NumberRule = TrunkConfig["callee_rules"][number];
