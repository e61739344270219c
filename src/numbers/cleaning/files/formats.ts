/** Formats of lists. */
export const fileFormats = ["csv", "tsv", "ndjson", "xlsx"] as const;
export type FileFormat = (typeof fileFormats)[number];
