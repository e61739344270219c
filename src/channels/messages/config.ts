/** Texts of messages: the section `messages`. */
import { type Static, Type } from "typebox";
import { optionalSection, section, text } from "../../typed-yaml/parts.ts";
import { retrieverHash, webOtpDomain } from "./autofill.ts";

const locale = (description: string, example: string) =>
  text("^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,4}$", `a BCP 47 language tag, for instance ${example}`, { description });

const appMessages = section("What the messages of one app say.", {
  name: Type.Optional(
    text("^[^\\u0000-\\u001f\\u007f{}]{1,40}$", "1 to 40 characters on one line, without braces", {
      description: "`{app}` in texts: the app's name as people know it; without it the app's key in `apps`.",
    }),
  ),
  locale: Type.Optional(
    locale("Language where neither the request names one nor the callee's country has one built in.", "de"),
  ),
  sms_retriever_hash: Type.Optional(retrieverHash()),
  web_otp_domain: Type.Optional(webOtpDomain()),
});

const template = section("A text in place of the built-in one. The one that names most of app and channel is used.", {
  app: Type.Optional(Type.String({ minLength: 1, description: "The app that it is for; without it every app." })),
  channel: Type.Optional(
    Type.String({ minLength: 1, description: "The channel that it is for, for instance sms; without it every one." }),
  ),
  locale: locale("Its language; a more general tag (pt) also serves a more specific one (pt-BR).", "pt-BR"),
  text: Type.String({
    minLength: 6,
    maxLength: 1000,
    description:
      "The whole text, with {code}, and where wanted {app} and {minutes} (a number without a unit, 1 to 10). Autofill lines are added, no other line is.",
  }),
  subject: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 120,
      description: "The subject of an e-mail, the title of a push message; without it the built-in one.",
    }),
  ),
});

export const Messages = optionalSection("Texts of SMS, WhatsApp, e-mail and push messages.", {
  never_share_line: Type.Boolean({
    default: true,
    description:
      "Whether built-in texts end with the line that asks not to share the code. Most accounts that are taken over are lost by a code that was told to a caller.",
  }),
  apps: Type.Optional(
    Type.Record(Type.String({ pattern: "^[a-z0-9][a-z0-9_-]{0,39}$" }), appMessages, {
      maxProperties: 1000,
      description: "By the apps' names in `apps`.",
    }),
  ),
  templates: Type.Array(template, {
    default: [],
    maxItems: 1000,
    description: "Texts of your own. The built-in ones serve what none of these does.",
  }),
});

export type MessagesConfig = Static<typeof Messages>;
export type TemplateConfig = MessagesConfig["templates"][number];
