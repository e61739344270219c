/** Callees who ask not to be contacted again. */
import { type Static, Type } from "typebox";
import { e164InWords, e164Pattern } from "../numbers/e164.ts";
import { count, optionalSection, section, text } from "../typed-yaml/parts.ts";

/** What people send, in the languages of the built-in texts where one word is usual; CTIA's list first. */
const standardWords = [
  ...["STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "OPT OUT", "REVOKE"],
  ...["STOPP", "ARRET", "BAJA", "ALTO", "PARAR", "SAIR", "DUR", "IPTAL", "СТОП", "停止", "退订", "توقف"],
];

export const OptOut = optionalSection("Opt-outs: people who ask never to be contacted again. docs/opt-out.md.", {
  scope: Type.Union([Type.Literal("app"), Type.Literal("all")], {
    default: "app",
    description:
      "Whom an opt-out by text or call applies to: `app`, the one that it names, where it names one (a sender or a number of one app); `all`, every app of this gateway. One that names no app always applies to all, and a link that the API gave to an app for that app alone: it could follow links to anybody.",
  }),
  link_base_url: Type.Optional(
    text(
      "^https?://[^\\s?#]{1,180}[^\\s?#/]$",
      "an address such as https://verify.example.com, without a slash at its end",
      {
        description:
          "Public address of this gateway, with which links begin: <link_base_url>/o/<token>. Without it no links are made.",
      },
    ),
  ),
  link_days: count(
    30,
    1,
    365,
    "How long a link works. A month: longer than anybody keeps an unwanted message unread, and no bearer token for ever.",
  ),
  stop_words: Type.Array(Type.String({ minLength: 1, maxLength: 30 }), {
    default: standardWords,
    maxItems: 100,
    uniqueItems: true,
    description:
      "An inbound SMS or WhatsApp message that is one of these words, whatever its case and punctuation, is an opt-out. Empty: none is.",
  }),
  call_numbers: Type.Array(
    section("A number of yours; a call to it opts its caller out.", {
      number: text(e164Pattern, e164InWords, { description: "It leads to a trunk with `inbound.trusted`." }),
      app: Type.Optional(
        Type.String({ description: "The app whose deliveries its caller does not want; without it every app's." }),
      ),
    }),
    {
      default: [],
      maxItems: 1000,
      description: "Numbers that people call to opt out. The call is rejected, so it is free.",
    },
  ),
});

export type OptOutConfig = Static<typeof OptOut>;
