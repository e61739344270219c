/** The SMS channel: routes to carriers, senders, prices. */
import { type Static, Type } from "typebox";
import { e164PrefixPattern } from "../../numbers/e164.ts";
import { networksOfRoute } from "../../numbers/networks/config.ts";
import { named, section, text } from "../../typed-yaml/parts.ts";
import { SmsHttp } from "./http/config.ts";
import { senderInWords, senderPattern } from "./smpp/addresses.ts";
import { Smpp } from "./smpp/config.ts";

const prefix = (description: string) =>
  text(e164PrefixPattern(0, 12), "a plus sign and up to 12 digits, for instance +44", { description });

const Senders = (description: string) =>
  Type.Array(
    section("A sender and where it is shown.", {
      sender: text(senderPattern, senderInWords, { description: "What phones show as the sender." }),
      country: Type.Optional(
        text("^[A-Z]{2}$", "an ISO 3166 code of two capital letters, for instance GB", {
          description: "Only for recipients in this country.",
        }),
      ),
      app: Type.Optional(Type.String({ description: "Only for messages of this app." })),
    }),
    { default: [], maxItems: 1000, description },
  );

const Price = section("What one segment costs.", {
  prefix: prefix("Start of the recipient's number in E.164; the longest one that matches counts."),
  price: Type.Number({ minimum: 0, maximum: 1000, description: "Per segment, in the configured currency." }),
});

export const SmsRouteSection = section("A route: one agreement with one carrier. Give exactly one of smpp and http.", {
  smpp: Type.Optional(Smpp),
  http: Type.Optional(SmsHttp),
  senders: Senders("Senders on this route only, registered with its carrier; they go before `sms.senders`."),
  prices: Type.Array(Price, {
    default: [],
    maxItems: 2000,
    description: "Prices of this carrier, for `cost`. A number without a price has no cost.",
  }),
});

export const Sms = section(
  "The channel `sms`: text messages with the code. It is enabled where this section is present.",
  {
    routes: named("The carriers that send messages.", SmsRouteSection),
    prefixes: Type.Array(
      section("Which routes carry messages to numbers that start with a prefix; the longest prefix wins.", {
        prefix: prefix("Start of the recipient's number in E.164; `+` matches all."),
        networks: networksOfRoute(
          "Only to numbers of these networks (docs/networks.md); it goes before the entry of this prefix without.",
        ),
        routes: Type.Array(Type.String(), {
          minItems: 1,
          maxItems: 16,
          uniqueItems: true,
          description:
            "Routes in order of preference. The next one is tried where one is down, throttled or refuses for a reason of its own; never where a message may have been sent.",
        }),
      }),
      { minItems: 1, maxItems: 1000, description: "Routing by prefix." },
    ),
    senders: Senders(
      "Senders of all routes. Of several entries that match, one with app and country goes before one with the app, before one with the country, before one with neither. None: the carrier's default sender.",
    ),
  },
);

export type SmsConfig = Static<typeof Sms>;
export type SmsRouteConfig = Static<typeof SmsRouteSection>;
export type SenderConfig = SmsConfig["senders"][number];
