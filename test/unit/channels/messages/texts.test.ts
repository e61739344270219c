/** The texts of messages: built in, and the operator's own. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MessagesConfig } from "../../../../src/channels/messages/config.ts";
import { notInGsm7, splitSms } from "../../../../src/channels/messages/gsm.ts";
import { languageOfCountry, languages } from "../../../../src/channels/messages/languages.ts";
import { createTexts, type TextRequest, voiceTexts } from "../../../../src/channels/messages/texts.ts";
import { isRightToLeft } from "../../../../src/shared/locale.ts";
import { testConfig } from "../../../support/test-config.ts";

const required = "en id ms vi th hi ur ar fa tr ru uk kk es pt fr de it pl zh".split(" ");
/** Their alphabets are not in GSM 7-bit. */
const ucs2 = "vi th hi ur ar fa ru uk kk zh zh-Hant".split(" ");
const all = [...languages.keys()];
const code = "482913";

const textsOf = (messages: Partial<MessagesConfig> = {}) => createTexts({ ...testConfig().messages, ...messages });
const sms: TextRequest = { app: "shop", channel: "sms", form: "sms", locale: null, country: null };
const plain = textsOf({ apps: { shop: { name: "OneRing" } } });
const write = (request: Partial<TextRequest>, minutes = 5, texts = plain) =>
  texts.choose({ ...sms, ...request }).write(code, minutes);

describe("the built-in texts", () => {
  it("have all languages", () => {
    expect(all).toEqual(expect.arrayContaining(required));
  });

  it.each(all)("of %s hold the code once, in digits side by side, and the app's name", (locale) => {
    for (const form of ["sms", "short", "email"] as const) {
      const { text, subject } = write({ locale, form });
      expect(text.match(/[0-9]{4,}/g)).toEqual([code]);
      expect(text).toContain("OneRing");
      expect(subject).toContain("OneRing");
      // Subjects are in the logs of mail servers.
      expect(subject).not.toContain(code);
      expect(`${text}${subject}`).not.toMatch(/[{}]/);
      expect(text).toBe(text.normalize("NFC"));
    }
  });

  it.each(all)("of %s say the minutes as CLDR does, whatever their number", (locale) => {
    for (let minutes = 1; minutes <= 10; minutes++) {
      const spoken = (["short", "long"] as const).map((unitDisplay) =>
        clean(
          new Intl.NumberFormat(`${locale}-u-nu-latn`, { style: "unit", unit: "minute", unitDisplay }).format(minutes),
        ),
      );
      for (const form of ["sms", "email"] as const) {
        const text = clean(write({ locale, form }, minutes).text);
        expect(
          spoken.some((one) => text.includes(one)),
          `${text} has none of ${spoken}`,
        ).toBe(true);
      }
    }
  });

  it.each(all)("of %s fit into one segment, with a name of 10 characters and a code of 8 digits", (locale) => {
    const texts = textsOf({ apps: { shop: { name: "Ten Letter" } } });
    const { text } = texts.choose({ ...sms, locale }).write("12345678", 10);
    const { encoding, parts } = splitSms(text);
    expect({ encoding, parts: parts.length }).toEqual({ encoding: ucs2.includes(locale) ? "ucs2" : "gsm7", parts: 1 });
  });

  it("name an app as it is named: one called constructor was sent as Object", () => {
    expect(write({ app: "constructor" }).text).toContain("constructor");
  });

  it.each(all)("of %s isolate what is filled in exactly where the language runs from right to left", (locale) => {
    const { text } = write({ locale });
    const isolated = isRightToLeft(locale);
    expect(text.includes(`\u2068${code}\u2069`)).toBe(isolated);
    expect(text.includes("\u2068OneRing\u2069")).toBe(isolated);
    expect(text.split("\u2068").length).toBe(text.split("\u2069").length);
    expect(/[\u200e\u200f\u202a-\u202e]/.test(text)).toBe(false);
  });

  it.each(all)("of %s ask not to share the code, unless that is turned off", (locale) => {
    const line = languages.get(locale)?.never_share ?? "";
    const without = textsOf({ never_share_line: false });
    for (const form of ["sms", "email"] as const) {
      expect(write({ locale, form }).text).toContain(line);
      expect(write({ locale, form }, 5, without).text).not.toContain(line);
    }
  });

  it.each(all)("of %s have all that is said on the phone", (locale) => {
    const spoken = voiceTexts([locale]);
    expect(spoken.locale).toBe(locale);
    for (const text of [spoken.press_1, spoken.your_code, spoken.again]) expect(text.length).toBeGreaterThan(2);
    expect(spoken.press_1).toContain("1");
  });

  it("are never for less than a minute", () => {
    expect(write({ locale: "en" }, 0).text).toContain("1 min");
    expect(write({ locale: "en" }, 4.99).text).toContain("4 min");
  });
});

describe("the language", () => {
  const texts = textsOf({ apps: { shop: { locale: "de" } } });
  const chosen = (request: Partial<TextRequest>) => texts.choose({ ...sms, ...request }).locale;

  it("is the one that the request names", () => {
    expect(chosen({ locale: "fr-CA", country: "ID" })).toBe("fr");
  });
  it("else the one of the callee's country", () => {
    expect(chosen({ country: "ID" })).toBe("id");
    expect(chosen({ locale: "nl", country: "TW" })).toBe("zh-Hant");
  });
  it("else the app's", () => {
    expect(chosen({ country: "NL" })).toBe("de");
    expect(chosen({})).toBe("de");
  });
  it("else English", () => {
    expect(plain.choose({ ...sms, country: "NL" }).locale).toBe("en");
  });
  it("of each country is built in", () => {
    expect([...new Set(languageOfCountry.values())].filter((language) => !languages.has(language))).toEqual([]);
    for (const country of languageOfCountry.keys()) expect(country).toMatch(/^[A-Z]{2}$/);
  });
});

describe("templates", () => {
  const own = (text: string, rest: Partial<MessagesConfig["templates"][number]> = {}) => ({
    locale: "en",
    text,
    ...rest,
  });
  const texts = textsOf({
    apps: { shop: { name: "Shop" }, bank: { name: "Bank" } },
    templates: [
      own("all {code}"),
      own("sms {code}", { channel: "sms" }),
      own("bank {code}", { app: "bank" }),
      own("bank sms {code}", { app: "bank", channel: "sms", subject: "for {app}" }),
      own("nl {code} {app} {minutes}", { locale: "nl", app: "bank" }),
      own("pt-BR {code}", { locale: "pt_BR" }),
    ],
  });
  const text = (request: Partial<TextRequest>) => texts.choose({ ...sms, ...request }).write(code, 5).text;

  it("serve the app and channel that they name, an app's own before a channel's", () => {
    expect(text({ app: "shop", channel: "push" })).toBe(`all ${code}`);
    expect(text({ app: "shop" })).toBe(`sms ${code}`);
    expect(text({ app: "bank", channel: "push" })).toBe(`bank ${code}`);
    expect(text({ app: "bank" })).toBe(`bank sms ${code}`);
  });

  it("add a language for whom they serve", () => {
    expect(text({ app: "bank", locale: "nl-BE" })).toBe(`nl ${code} Bank 5`);
    expect(texts.choose({ ...sms, app: "shop", locale: "nl-BE" }).locale).toBe("en");
    expect(text({ locale: "pt-BR" })).toBe(`pt-BR ${code}`);
    expect(text({ locale: "pt" })).toContain("PIN");
  });

  it("take their subject, else the built-in one", () => {
    expect(texts.choose({ ...sms, app: "bank" }).write(code, 5).subject).toBe("for Bank");
    expect(texts.choose({ ...sms, app: "shop" }).write(code, 5).subject).toBe("Your Shop verification code");
  });

  it("are filled in once: a name with placeholders stays as it is", () => {
    const name = "$& {x";
    fc.assert(
      fc.property(fc.constantFrom("{code}{app}", "{app} {code}", "{minutes}{code} {app}{app}"), (template) => {
        const config = { ...testConfig().messages, templates: [own(template)], apps: { shop: { name } } };
        const written = createTexts(config)
          .choose({ ...sms, locale: "en" })
          .write(code, 5).text;
        expect(written).toBe(template.replaceAll("{minutes}", "5").split("{app}").join(name).replace("{code}", code));
      }),
    );
  });

  it("in Arabic script are isolated too; within GSM 7-bit they are left alone", () => {
    const arabic = textsOf({ templates: [own("{code} رمز", { locale: "ar" })] });
    expect(arabic.choose({ ...sms, locale: "ar" }).write(code, 5).text).toBe(`\u2068${code}\u2069 رمز`);
    const latin = textsOf({ templates: [own("{code} ramz", { locale: "ar" })] });
    const { text: written } = latin.choose({ ...sms, locale: "ar" }).write(code, 5);
    expect(written).toBe(`${code} ramz`);
    expect(notInGsm7(written)).toEqual([]);
  });
});

describe("autofill lines", () => {
  const apps = { shop: { sms_retriever_hash: "FA+9qCX9VSu", web_otp_domain: "shop.example" } };
  const texts = textsOf({ apps });
  const lines = (form: TextRequest["form"]) =>
    texts
      .choose({ ...sms, form })
      .write(code, 5)
      .text.split("\n");

  it("end an SMS, the one with the domain last", () => {
    expect(lines("sms").slice(-2)).toEqual(["FA+9qCX9VSu", `@shop.example #${code}`]);
    expect(lines("sms")).toHaveLength(3);
  });

  it("follow a template of the operator's too", () => {
    const own = textsOf({ apps, templates: [{ locale: "en", text: "{code}\nbye" }] });
    expect(own.choose({ ...sms, locale: "en" }).write(code, 5).text).toBe(
      `${code}\nbye\nFA+9qCX9VSu\n@shop.example #${code}`,
    );
  });

  it("are in no other message", () => {
    expect(lines("short")).toHaveLength(1);
    expect(lines("email").join("")).not.toContain("shop.example");
  });

  it("come one by one", () => {
    const { text } = textsOf({ apps: { shop: { web_otp_domain: "shop.example" } } })
      .choose(sms)
      .write(code, 5);
    expect(text.split("\n").slice(1)).toEqual([`@shop.example #${code}`]);
  });
});

/** No-break spaces and spaces are the same to readers. */
function clean(text: string): string {
  return text
    .replace(/[\u2068\u2069]/g, "")
    .replace(/\s/g, " ")
    .replace(/\.(?=\s|$)/g, "");
}
