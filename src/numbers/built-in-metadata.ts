/**
 * The release of libphonenumber whose numbering plans the package libphonenumber-js carries. The package says it in its
 * changelog alone; a test compares, so that neither line goes stale when the package is updated.
 */
export const builtIn = {
  /** Of libphonenumber. */
  version: "9.0.43",
  /** When libphonenumber-js was published with it. */
  released: "2026-11-10",
} as const;
