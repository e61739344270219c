/** What `records.url` names. */

export type RecordsTarget =
  | { readonly backend: "sqlite"; readonly file: string }
  | { readonly backend: "postgres"; readonly url: string }
  | { readonly backend: "off" };

export type RecordsBackend = "sqlite" | "postgres";

/** @param url valid by the schema */
export function readTarget(url: string): RecordsTarget {
  if (url === "off") return { backend: "off" };
  if (url.startsWith("sqlite:")) return { backend: "sqlite", file: url.slice("sqlite:".length) };
  return { backend: "postgres", url };
}

/** Where records are, without user and password: for logs and findings. */
export function describeTarget(target: RecordsTarget): string {
  if (target.backend === "off") return "off";
  if (target.backend === "sqlite") return `SQLite file ${target.file}`;
  if (!URL.canParse(target.url)) return "PostgreSQL";
  const { hostname, port, pathname } = new URL(target.url);
  return `PostgreSQL ${decodeURIComponent(hostname)}${port === "" ? "" : `:${port}`}${pathname}`;
}
