import { describe, expect, it } from "vitest";
import { htmlOf, languageOf } from "../../../../src/channels/email/html.ts";

const pieces = {
  text: "Your verification code for Example:\n\n482913\n\nIt expires in 10 min.\nNever share it with anyone.",
  subject: "Your Example verification code",
  code: "482913",
  appName: "Example",
  locale: "en",
};

/** What a reader sees: text without tags, entities undone. */
const visible = (html: string) =>
  html
    .replace(/<head>.*<\/head>/s, "")
    .replace(/<[^>]+>/g, "\n")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, "&")
    .split("\n")
    .filter((line) => line !== "");

describe("the HTML part", () => {
  it("says what the text says, the code once and as one run of digits", () => {
    expect(visible(htmlOf(pieces))).toEqual([
      "Example",
      "Your verification code for Example:",
      "482913",
      "It expires in 10 min.",
      "Never share it with anyone.",
    ]);
  });

  it("shows a code that has no line of its own above the text, and bold in it", () => {
    const html = htmlOf({ ...pieces, text: "482913 is your code. Not 14829130." });
    expect(html).toContain('<strong dir="ltr">482913</strong> is your code. Not 14829130.');
    expect(visible(html)).toEqual(["Example", "482913", "482913", " is your code. Not 14829130."]);
  });

  it("loads nothing, links nowhere, sets no colour, and names both colour schemes", () => {
    const html = htmlOf(pieces);
    expect(html).not.toMatch(/<(img|link|script|iframe|a|object|video|form)\b|url\(|https?:|@import|\son\w+=/i);
    expect(html).not.toMatch(/[^-]color:|background/);
    expect(html).toContain('<meta name="color-scheme" content="light dark">');
  });

  it("escapes everything that comes from outside", () => {
    const evil = `<img src=x onerror=alert(1)>"'&`;
    const html = htmlOf({ ...pieces, text: `${evil}\n482913`, subject: evil, appName: evil });
    expect(html).not.toContain("<img");
    expect(visible(html)).toEqual([evil, evil, "482913"]);
    const codeIsText = htmlOf({ ...pieces, code: "<b>", text: "x <b> y" });
    expect(codeIsText).not.toContain("<b>");
  });

  it("is right to left where the language is, the code left to right", () => {
    const html = htmlOf({ ...pieces, locale: "ar", text: "رمز التحقق:\n\n\u2068482913\u2069\n\nلا تشاركه." });
    expect(html).toContain('<html lang="ar" dir="rtl">');
    expect(html).toMatch(/<div lang="ar" dir="rtl"/);
    expect(html).toMatch(/<p dir="ltr"[^>]*>482913<\/p>/);
    expect(visible(html).filter((line) => line.includes("482913"))).toHaveLength(1);
  });
});

it.each([
  ["en", "ltr"],
  ["ur", "rtl"],
  ["fa-IR", "rtl"],
  ["he", "rtl"],
  ["az", "ltr"],
  ["uz-Arab", "rtl"],
  ["zh-Hant", "ltr"],
])("%s is written %s", (locale, dir) => {
  expect(languageOf(locale)).toEqual({ lang: locale, dir });
});

it("a tag that is none cannot leave its attribute", () => {
  expect(languageOf('en" onload="x')).toEqual({ lang: "en", dir: "ltr" });
});
