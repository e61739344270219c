/** An address of PostgreSQL that cannot be read, or that leaves the driver to guess. */
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Problem } from "../typed-yaml/errors.ts";
import type { RecordsConfig } from "./config.ts";
import { readPostgresAddress, readTarget } from "./target.ts";

interface Sections {
  readonly records: RecordsConfig;
}

export const recordsChecks: readonly CrossCheck<Sections>[] = [{ reads: ["records"], problems: urlIsWhole }];

function urlIsWhole({ records }: Sections, isSound: IsSound): Problem[] {
  const path = ["records", "url"];
  if (!isSound(path)) return [];
  const target = readTarget(records.url);
  if (target.backend !== "postgres") return [];
  const address = readPostgresAddress(target.url);
  if (address === null) {
    const expected = "a URL; in a password percent-encode / as %2F, ? as %3F, # as %23, @ as %40 and % as %25";
    return [{ path, given: "(hidden)", expected }];
  }
  const needed = { user: "a user", host: "a host", database: "a database" } as const;
  const lacking = (["user", "host", "database"] as const).filter((part) => address[part] === "");
  if (lacking.length === 0) return [];
  const given = `an address without ${lacking.map((part) => needed[part]).join(" and ")}`;
  return [{ path, given, expected: "postgres://user:password@host:port/database" }];
}

/** The password in `records.url`, empty where it has none. */
export function recordsPassword(url: string | undefined): string {
  if (typeof url !== "string" || !/^postgres(ql)?:/.test(url)) return "";
  return readPostgresAddress(url)?.password ?? "";
}
