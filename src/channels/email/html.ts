/**
 * The HTML part of a message: the same words as the plain-text part, with the code in large. It loads nothing, links
 * nowhere and sets no colours, so that every client's light and dark mode look as the client means them to.
 */
import { canonicalTag, isRightToLeft } from "../../shared/locale.ts";
import type { OutgoingMessage } from "../messages/provider-port.ts";

export type HtmlPieces = Pick<OutgoingMessage, "text" | "subject" | "code" | "appName" | "locale">;

const styles = {
  body: "margin:0;padding:24px 16px;font-family:-apple-system,'Segoe UI',Roboto,'Noto Sans',Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5",
  card: "max-width:480px;margin:0 auto",
  app: "margin:0 0 16px;font-size:18px;font-weight:600",
  // The digits stay one run of text: the spacing is only shown, so a copy has no spaces.
  code: "margin:0 0 16px;padding:16px;border:1px solid;border-radius:8px;text-align:center;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:32px;line-height:1.2;font-weight:600;letter-spacing:4px;-webkit-user-select:all;user-select:all",
  line: "margin:0 0 12px",
};

/** Around values in right-to-left texts (UAX #9 § 2.4). */
const isolates = /[\u2066-\u2069]/g;

/** Language and direction of a text, as HTML attributes take them; English where the tag is none. */
export function languageOf(locale: string): { readonly lang: string; readonly dir: "ltr" | "rtl" } {
  const lang = canonicalTag(locale) ?? "en";
  return { lang, dir: isRightToLeft(lang) ? "rtl" : "ltr" };
}

export function htmlOf({ text, subject, code, appName, locale }: HtmlPieces): string {
  const { lang, dir } = languageOf(locale);
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const block = `<p dir="ltr" style="${styles.code}">${escaped(code)}</p>`;
  const ownLine = lines.findIndex((line) => line.replace(isolates, "").trim() === code);
  return [
    "<!DOCTYPE html>",
    `<html lang="${lang}" dir="${dir}">`,
    "<head>",
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="supported-color-schemes" content="light dark">',
    // Otherwise iOS makes a telephone link of the code.
    '<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">',
    `<title>${escaped(subject)}</title>`,
    "<style>:root{color-scheme:light dark;supported-color-schemes:light dark}</style>",
    "</head>",
    `<body style="${styles.body}">`,
    // Web mail drops html and body: language and direction stand here once more.
    `<div lang="${lang}" dir="${dir}" style="${styles.card}">`,
    `<p style="${styles.app}">${escaped(appName)}</p>`,
    // Texts of an operator's own may have the code inside a sentence only.
    ...(ownLine === -1 ? [block] : []),
    ...lines.map((line, index) =>
      index === ownLine ? block : `<p style="${styles.line}">${withBoldCode(line, code)}</p>`,
    ),
    "</div>",
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

/** The code in a sentence, where it is not part of a longer number; digits keep their order in a right-to-left line. */
function withBoldCode(line: string, code: string): string {
  const parts = code === "" ? [line] : line.split(new RegExp(`(?<!\\d)${code.replace(/\D/g, "\\$&")}(?!\\d)`));
  return parts.map(escaped).join(`<strong dir="ltr">${escaped(code)}</strong>`);
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
