/** WhatsApp: the Cloud API of Meta. */
import { type Static, Type } from "typebox";
import { count, ms, named, secret, section, text } from "../../typed-yaml/parts.ts";
import { PriceList } from "../messages/price-list.ts";

/** As Meta names them: `en`, `en_US`, `zh_CN`. */
const language = () => text("^[a-z]{2,3}(_[A-Z]{2})?$", "a language of Meta's list, such as en, pt_BR or zh_CN", {});

const Template = section("An authentication template with a copy-code button, as approved by Meta.", {
  name: text("^[a-z0-9_]{1,512}$", "lowercase letters, digits and _", {
    description: "Its name in WhatsApp Manager. Each language below must be approved.",
  }),
  languages: Type.Array(language(), {
    minItems: 1,
    maxItems: 100,
    uniqueItems: true,
    description:
      "The languages in which it is approved, as Meta writes them. The text's locale is matched exactly, then by its language; the first one here serves all others.",
  }),
});

export const WhatsApp = section(
  "Codes as WhatsApp messages over Meta's Cloud API; docs/channel-whatsapp.md says how to set it up. Without this section the channel is off.",
  {
    phone_numbers: named(
      "Your numbers that send.",
      section("A business phone number.", {
        phone_number_id: text("^[0-9]{5,25}$", "5 to 25 digits", {
          description: "Its id in the Meta app (API Setup), not the number itself.",
        }),
        prefixes: Type.Array(text("^\\+[0-9]{0,15}$", "a plus sign and up to 15 digits"), {
          default: ["+"],
          minItems: 1,
          maxItems: 300,
          uniqueItems: true,
          description:
            "Recipients that it serves; of several numbers the longest prefix goes first, the others step in.",
        }),
        messages_per_second: count(
          80,
          1,
          1000,
          "Highest rate of each gateway process on this number. 80 is what Meta grants a new number; above it answers error 130429. Divide it by the number of gateways.",
        ),
      }),
    ),
    access_token: secret(
      "Token of a system user with `whatsapp_business_messaging`; one that does not expire, else the channel stops with it.",
      20,
    ),
    app_secret: secret("App secret of the Meta app: webhooks are signed with it (X-Hub-Signature-256).", 16),
    verify_token: secret("A string of your own that Meta sends back when you register the webhook's address.", 16),
    template: Template,
    app_templates: Type.Optional(
      named("Templates of single apps, by the app's name, instead of `template`.", Template),
    ),
    business_account_id: Type.Optional(
      text("^[0-9]{5,25}$", "5 to 25 digits", {
        description: "WhatsApp Business Account: with it `onering doctor` checks that the templates are approved.",
      }),
    ),
    prices: PriceList,
    request_timeout_ms: ms(
      8000,
      1000,
      30_000,
      "Deadline of a request. Meta answers within 1 s, seldom 3 s; a message whose answer is lost is not sent again, so it is better to wait.",
    ),
    api_url: text("^https?://[^\\s@?#]+$", "an address that starts with https://", {
      default: "https://graph.facebook.com",
      description: "Base of the API.",
    }),
    api_version: text("^v[0-9]{1,3}\\.[0-9]{1,2}$", "a version such as v25.0", {
      default: "v25.0",
      description:
        "Version of the Graph API. Meta serves each for about two years; docs/channel-whatsapp.md names what is used of it.",
    }),
    allow_private: Type.Boolean({
      default: false,
      description: "Lets `api_url` lead into your own network, over http too: for a proxy of yours or a simulator.",
    }),
  },
);

export type WhatsAppConfig = Static<typeof WhatsApp>;
export type WhatsAppTemplate = Static<typeof Template>;
