/** The languages in which the client wants texts. */

/** Browsers send a handful of tags; what follows is ignored. */
const maxHeaderLength = 500;
const maxLanguages = 20;

/**
 * BCP 47 tags in order of preference: the body's first, then those of Accept-Language by quality (RFC 9110 §12.5.4), without
 * those that it excludes by `q=0` and without `*`.
 */
export function wantedLanguages(locale: string | undefined, header: string | undefined): readonly string[] {
  const accepted = acceptedLanguages(header);
  return locale === undefined ? accepted : [locale, ...accepted];
}

function acceptedLanguages(header: string | undefined): readonly string[] {
  if (header === undefined) return [];
  return header
    .slice(0, maxHeaderLength)
    .split(",")
    .slice(0, maxLanguages)
    .map((item) => {
      const [tag = "", ...parameters] = item.split(";").map((part) => part.trim());
      const quality = parameters.find((one) => /^q=/i.test(one))?.slice(2);
      return { tag, quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ tag, quality }) => quality > 0 && /^[a-z]{1,8}(-[a-z0-9]{1,8})*$/i.test(tag))
    .sort((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag);
}
