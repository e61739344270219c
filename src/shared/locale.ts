/** Chooses the language of a text: BCP 47 tags, looked up as RFC 4647 (3.4) says. */

/** Scripts that are written from right to left and have living languages. */
const rightToLeftScripts = new Set(["Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg"]);

/** The canonical form of a tag (`in` → `id`, `pt_br` → `pt-BR`); null where it is none. */
export function canonicalTag(tag: string): string | null {
  try {
    return Intl.getCanonicalLocales(tag.replaceAll("_", "-"))[0] ?? null;
  } catch {
    return null;
  }
}

/**
 * The first of the tags for which there is something, each shortened from its end until something fits.
 * @param wanted in order of preference; what is no tag is skipped
 * @param available canonical tags
 */
export function lookup(wanted: readonly (string | null | undefined)[], available: ReadonlySet<string>): string | null {
  for (const tag of wanted) {
    if (tag == null) continue;
    // As most are.
    if (available.has(tag)) return tag;
    const canonical = canonicalTag(tag);
    const found = canonical === null ? undefined : rangesOf(canonical).find((range) => available.has(range));
    if (found !== undefined) return found;
  }
  return null;
}

/** Whether the language is written from right to left. */
export function isRightToLeft(tag: string): boolean {
  return rightToLeftScripts.has(scriptOf(tag) ?? "");
}

/** ISO 15924, the likely one where the tag names none; null where it is unknown. */
export function scriptOf(tag: string): string | null {
  const canonical = canonicalTag(tag);
  return canonical === null ? null : (new Intl.Locale(canonical).maximize().script ?? null);
}

/**
 * `zh-TW` → `zh-TW`, `zh-Hant`, `zh`: shortened from its end, a single letter or digit never last (RFC 4647, 3.4), and
 * with the script that goes with the region before the language alone: Taiwan reads no simplified characters.
 */
function rangesOf(tag: string): readonly string[] {
  const ranges: string[] = [];
  for (let parts = tag.split("-"); parts.length > 1; parts = parts.slice(0, -1)) {
    if ((parts.at(-1)?.length ?? 0) > 1) ranges.push(parts.join("-"));
  }
  const { language, script } = new Intl.Locale(tag).maximize();
  return [...ranges, ...(script === undefined ? [] : [`${language}-${script}`]), language];
}
