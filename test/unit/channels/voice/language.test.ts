import { describe, expect, it } from "vitest";
import { candidates, chooseLanguage, languagesFor } from "../../../../src/channels/voice/language.ts";

const sets: Readonly<Record<string, readonly string[]>> = {
  "digits/1": ["en", "pt", "ru"],
  "onering/press-1": ["en", "pt_BR"],
};
const choose = (...tags: string[]) => chooseLanguage(tags, Object.keys(sets), (sound) => new Set(sets[sound] ?? []));

describe("the language of a call", () => {
  it("is the locale's, then its base language, then English", () => {
    expect(candidates(["pt-BR"])).toEqual(["pt_BR", "pt", "en"]);
    expect(candidates(["zh-Hans-CN", "en-GB"])).toEqual(["zh_Hans_CN", "zh_Hans", "zh", "en_GB", "en"]);
    expect(candidates([])).toEqual(["en"]);
  });

  it("has every sound, of its own or, as Asterisk looks for them, of its parent", () => {
    expect(choose("pt-BR")).toBe("pt_BR");
    // The prompt is there for Brazil alone.
    expect(choose("pt-PT")).toBe("en");
  });

  it("falls back where a sound is missing", () => {
    expect(choose("ru")).toBe("en");
    expect(choose("kk", "pt-BR")).toBe("pt_BR");
    expect(chooseLanguage(["ru"], ["digits/9"], () => new Set())).toBeNull();
  });

  it("is wanted by the request, then by the country, then by the app", () => {
    expect(languagesFor("pt_br", "RU", "de")).toEqual(["pt-BR", "ru", "de"]);
    expect(languagesFor(null, null, undefined)).toEqual([]);
    expect(languagesFor("no tag", "GB", undefined)).toEqual([]);
  });
});
