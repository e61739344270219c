import { expect, it } from "vitest";
import { templateLanguage } from "../../../../src/channels/whatsapp/language.ts";

it.each([
  ["en", ["en", "de"], "en"],
  ["en-GB", ["de", "en_US", "en_GB"], "en_GB"],
  ["en-GB", ["de", "en"], "en"],
  ["en", ["de", "en_US"], "en_US"],
  ["pt-BR", ["en", "pt_PT", "pt_BR"], "pt_BR"],
  ["zh-Hant-HK", ["zh_CN", "zh_TW", "zh_HK"], "zh_HK"],
  ["zh-Hant", ["zh_CN", "zh_TW"], "zh_TW"],
  ["zh-Hans-SG", ["zh_TW", "zh_CN"], "zh_CN"],
  ["fil", ["en", "fil"], "fil"],
  ["xx", ["ru", "en"], "ru"],
  ["", ["ru"], "ru"],
])("the locale %s gets of %j the template in %s", (locale, languages, expected) => {
  expect(templateLanguage(locale, languages)).toBe(expected);
});
