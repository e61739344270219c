/** The version of a metadata file. libphonenumber-js writes none into it, so it is read from what is around it. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";

/** The changelog is read to its first entries only. */
const readChars = 50_000;

/**
 * From the file's name (`libphonenumber-9.0.44.json`), else from the package's own changelog beside it
 * (`node_modules/libphonenumber-js/CHANGELOG.md`).
 * @returns null where neither says it
 */
export function versionOf(file: string): { version: string; released: string | null } | null {
  const named = /(?<![\d.])\d+\.\d+\.\d+(?![\d.]*\d)/.exec(path.basename(file))?.[0];
  if (named !== undefined) return { version: named, released: null };
  return versionInChangelog(changelogBeside(file));
}

/** The newest entry that brought metadata: `1.13.16 / 10.11.2026`, `* Updated metadata to version 9.0.43:` */
export function versionInChangelog(text: string): { version: string; released: string } | null {
  const entry =
    /^(?:\d+\.){2}\d+ \/ (\d{1,2})\.(\d{1,2})\.(\d{4})$(?:(?!^(?:\d+\.){2}\d+ \/)[\s\S])*?metadata to version (\d+\.\d+\.\d+)/m;
  const [, day, month, year, version] = entry.exec(text) ?? [];
  if (day === undefined || month === undefined || year === undefined || version === undefined) return null;
  return { version, released: `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}` };
}

/** For a file whose version nothing says. */
export function digestOf(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex").slice(0, 12)}`;
}

function changelogBeside(file: string): string {
  try {
    return readFileSync(path.join(path.dirname(file), "CHANGELOG.md"), "utf8").slice(0, readChars);
  } catch {
    return "";
  }
}
