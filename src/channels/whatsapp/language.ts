/** Which of a template's languages a locale gets. */

/** Meta tells the scripts of Chinese apart by region. */
const chinese: Readonly<Record<string, string>> = { hant: "zh_TW", hans: "zh_CN" };

/**
 * The language of a template for a locale.
 * @param locale BCP 47: `pt-BR`, `zh-Hant-HK`
 * @param languages as Meta writes them; the first one where none fits
 */
export function templateLanguage(locale: string, languages: readonly string[]): string {
  const [language = "", ...subtags] = locale.toLowerCase().split("-");
  const region = subtags.find((subtag) => /^[a-z]{2}$/.test(subtag));
  const script = subtags.find((subtag) => subtag.length === 4) ?? "";
  const wanted = [
    region === undefined ? null : `${language}_${region.toUpperCase()}`,
    language === "zh" ? (chinese[script] ?? null) : null,
    language,
  ];
  for (const candidate of wanted) if (candidate !== null && languages.includes(candidate)) return candidate;
  return languages.find((other) => other.startsWith(`${language}_`)) ?? languages[0] ?? "en";
}
