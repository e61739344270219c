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

/** The parts of PostgreSQL's address. */
export interface PostgresAddress {
  readonly user: string;
  readonly password: string;
  /** A name, an address, or the folder of a socket; "" where none is given. */
  readonly host: string;
  readonly port: string;
  readonly database: string;
}

/** As `pg` reads it, an empty host before `?host=` included; null where it cannot be read. */
export function readPostgresAddress(text: string): PostgresAddress | null {
  const noHost = /^(\w+:\/\/[^/]*@)\//;
  const whole = text.replace(noHost, "$1none/");
  if (!URL.canParse(whole)) return null;
  const { username, password, hostname, port, pathname, searchParams } = new URL(whole);
  try {
    return {
      user: decodeURIComponent(username),
      password: decodeURIComponent(password) || (searchParams.get("password") ?? ""),
      host: searchParams.get("host") ?? (noHost.test(text) ? "" : decodeURIComponent(hostname)),
      port: searchParams.get("port") ?? port,
      database: decodeURIComponent(pathname.slice(1)),
    };
  } catch {
    // A % that begins no escape (URIError).
    return null;
  }
}

/** Where records are, without user and password: for logs and findings. */
export function describeTarget(target: RecordsTarget): string {
  if (target.backend === "off") return "off";
  if (target.backend === "sqlite") return `SQLite file ${target.file}`;
  const address = readPostgresAddress(target.url);
  if (address === null) return "PostgreSQL";
  const { host, port, database } = address;
  return `PostgreSQL database ${database} on ${host}${port === "" ? "" : `:${port}`}`;
}
