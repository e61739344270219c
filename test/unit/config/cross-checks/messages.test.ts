/** Section `messages`: templates that cannot be used are named when they are loaded; costly ones in a warning. */
import { describe, expect, it } from "vitest";
import type { MessagesConfig } from "../../../../src/channels/messages/config.ts";
import { textWarnings } from "../../../../src/channels/messages/text-warnings.ts";
import { examineConfig } from "../../../../src/commands/check.ts";
import { configWarnings } from "../../../../src/config/warnings.ts";
import { testConfig } from "../../../support/test-config.ts";
import type { Change } from "../config-files.ts";
import { cases } from "./cases.ts";

const templates =
  (...list: readonly Readonly<Record<string, unknown>>[]): Change =>
  (c) =>
    (c.messages = { templates: list.map((one) => ({ locale: "en", ...one })) });

describe("templates", () => {
  cases([
    ["a good one", templates({ text: "{code} for {app}, {minutes} min", subject: "{app}" })],
    [
      "one that lost {code}",
      templates({ text: "Your code for {app}" }),
      /^messages\.templates\[0\]\.text: "Your code for \{app\}" → a text with \{code\}: without it people get no code/,
    ],
    [
      "a misspelt placeholder",
      templates({ text: "{code} {mins}" }),
      /^messages\.templates\[0\]\.text: .* → only the placeholders \{code\}, \{app\}, \{minutes\}; \{mins\} is none/,
    ],
    ["a brace that is left open", templates({ text: "{code} {" }), /\.text: .* → every \{ closed/],
    ["a tab", templates({ text: "{code}\tx" }), /\.text: .* → no control characters/],
    ["a subject of two lines", templates({ text: "{code} xx", subject: "a\nb" }), /\.subject: .* → one line/],
    ["no language tag", templates({ text: "{code} xx", locale: "e" }), /\.locale: .* → a BCP 47 language tag/],
    ["a tag that is badly formed", templates({ text: "{code} xx", locale: "en-a" }), /\.locale: .* → a BCP 47/],
    [
      "two for the same",
      templates({ text: "{code} xx", locale: "pt-BR" }, { text: "{code} yy", locale: "pt_br" }),
      /^messages\.templates\[1\]: .* than messages\.templates\[0\]/,
    ],
    [
      "an app that is none",
      templates({ text: "{code} xx", app: "shpo" }),
      /^messages\.templates\[0\]\.app: "shpo" → an app \(did you mean shop\?\)/,
    ],
    [
      "a channel that is none",
      templates({ text: "{code} xx", channel: "call_inn" }),
      /^messages\.templates\[0\]\.channel: "call_inn" → a channel with a section in this file \(did you mean call_in\?\)/,
    ],
  ]);
});

describe("apps", () => {
  const app =
    (own: Readonly<Record<string, unknown>>, name = "shop"): Change =>
    (c) =>
      (c.messages = { apps: { [name]: own } });
  cases([
    [
      "a whole one",
      app({ name: "Shop & Co", locale: "de", sms_retriever_hash: "FA+9qCX9VSu", web_otp_domain: "a.b.de" }),
    ],
    ["an unknown one", app({}, "shops"), /^messages\.apps\.shops: "shops" → an app \(did you mean shop\?\)/],
    [
      "a hash of 10 characters",
      app({ sms_retriever_hash: "FA+9qCX9VS" }),
      /\.sms_retriever_hash: .* → the 11 characters/,
    ],
    [
      "a URL for a domain",
      app({ web_otp_domain: "https://shop.example" }),
      /\.web_otp_domain: .* → a domain in lowercase/,
    ],
    ["a name of two lines", app({ name: "a\nb" }), /\.name: .* → 1 to 40 characters on one line/],
  ]);
});

describe("warnings", () => {
  const warnings = (messages: Partial<MessagesConfig>, segmented = ["sms"]) =>
    textWarnings({
      messages: { ...testConfig().messages, ...messages },
      apps: ["shop"],
      segmented,
      codeLength: 6,
    }).map(({ what, fix }) => `${what}. ${fix}`);
  const template = (text: string, locale = "en", channel?: string) => ({
    templates: [{ text, locale, ...(channel && { channel }) }],
  });

  it("name nothing in the built-in texts", () => {
    expect(warnings({})).toEqual([]);
  });

  it("name a template that leaves the GSM 7-bit alphabet of its language, with the characters", () => {
    expect(warnings(template("{code} şifreniz ğ", "tr"))).toEqual([
      expect.stringMatching(
        /^messages\.templates\[0\]\.text has "ş" \(U\+015F\), "ğ" \(U\+011F\), not in the GSM 7-bit/,
      ),
    ]);
    expect(warnings(template("{code} is your code…", "nl"))).toEqual([expect.stringContaining("(U+2026)")]);
  });

  it("say nothing where the language has no other alphabet", () => {
    expect(warnings(template("{code} κωδικός", "el"))).toEqual([]);
    expect(warnings(template("{code} код", "ru"))).toEqual([]);
    expect(warnings(template("{code} mã", "vi"))).toEqual([]);
  });

  it("name a template of several segments, as SMS only", () => {
    const long = `{code} ${"x".repeat(160)}`;
    expect(warnings(template(long))).toEqual([
      expect.stringMatching(/^messages\.templates\[0\]\.text needs 2 SMS segments.*app shop/),
    ]);
    expect(warnings(template(long, "en", "email"))).toEqual([]);
    expect(warnings(template(long), [])).toEqual([]);
  });

  it("name an app whose name or autofill lines make the built-in texts longer", () => {
    expect(warnings({ apps: { shop: { name: "Zażółć" } } })).toEqual([
      expect.stringMatching(/^messages\.apps\.shop\.name has "ż".* every SMS of this app/),
      expect.stringMatching(/need more than one SMS segment in .*\ben\b/),
    ]);
    const [only, ...rest] = warnings({ apps: { shop: { name: "Shop", sms_retriever_hash: "FA+9qCX9VSu" } } });
    expect(rest).toEqual([]);
    expect(only ?? "the lines fit").toMatch(/SMS Retriever|the lines fit/);
  });

  it("are given at the start and by check, where the gateway sends SMS", () => {
    const templates = [{ locale: "en", channel: "sms", text: `{code} ${"x".repeat(160)}` }];
    const bind = { host: "smsc.example", system_id: "onering", password: "kX2pQz7L" };
    const sms = {
      routes: { acme: { smpp: { binds: { a: bind } } } },
      prefixes: [{ prefix: "+", routes: ["acme"] }],
    };
    const config = testConfig({ sms, messages: { templates } });
    const expected = /^messages\.templates\[0\]\.text needs 2 SMS segments/;
    expect(configWarnings(config)).toContainEqual(expect.stringMatching(expected));
    const findings = examineConfig(config).filter(({ level }) => level === "warn");
    expect(findings.map(({ what }) => what)).toContainEqual(expect.stringMatching(expected));
    expect(configWarnings(testConfig())).toEqual([]);
  });
});
