/** What `doctor` says of durable records. Changes nothing. */
import { isLoopback } from "../shared/ip-address.ts";
import type { RecordsConfig } from "./config.ts";
import { whyAway } from "./failure.ts";
import { migratesOnStart, oldestPostgres } from "./fitness.ts";
import { type Inspection, inspect } from "./inspect.ts";
import { describeTarget, readPostgresAddress, readTarget } from "./target.ts";

/** The finding's levels, as doctor/finding.ts has them. */
interface Say<Finding> {
  ok(what: string): Finding;
  hint(what: string, fix: string): Finding;
  warn(what: string, fix: string): Finding;
  fail(what: string, fix: string): Finding;
}

/** What the configuration alone tells. */
export function examineRecordsConfig<Finding>({ url }: RecordsConfig, say: Pick<Say<Finding>, "warn">): Finding[] {
  const target = readTarget(url);
  if (target.backend !== "postgres") return [];
  const { host = "" } = readPostgresAddress(target.url) ?? {};
  const near = host.startsWith("/") || host === "localhost" || isLoopback(host);
  if (near || /[?&]sslmode=(require|verify-ca|verify-full)\b/.test(target.url)) return [];
  return [
    say.warn(
      `Records: the connection to PostgreSQL on ${host} is not encrypted`,
      "Add ?sslmode=verify-full to records.url (and &sslrootcert=FILE where its certificate is your own); phone numbers travel over it.",
    ),
  ];
}

export async function examineRecords<Finding>(config: RecordsConfig, say: Say<Finding>): Promise<Finding[]> {
  const target = readTarget(config.url);
  if (target.backend === "off") {
    return [
      say.hint("Records: off, nothing is recorded", "Set records.url where you want CDRs, webhooks or an audit log."),
    ];
  }
  const name = `Records: ${describeTarget(target)}`;
  try {
    const found = await inspect(target, config);
    return [...examineVersion(name, found, say), ...examineSchema(name, found, config, say)];
  } catch (error) {
    return [noRecords(name, error, say)];
  }
}

function noRecords<Finding>(name: string, error: unknown, say: Say<Finding>): Finding {
  const why = whyAway(error) ?? (error instanceof Error ? error.message : String(error));
  if (/^28/.test(why)) {
    return say.fail(
      `${name}: refuses the user or password`,
      "Compare records.url with PostgreSQL's role and pg_hba.conf.",
    );
  }
  if (/^3D000/.test(why)) {
    return say.fail(
      `${name}: the database does not exist`,
      "Create it: `createdb --owner USER DATABASE`, then `onering migrate`.",
    );
  }
  if (/^(SQLITE_NOTADB|SQLITE_CORRUPT)/.test(why)) {
    return say.fail(
      `${name}: is no SQLite database (${why})`,
      "Name another file in records.url, or restore a backup.",
    );
  }
  return say.fail(
    `${name}: cannot be opened (${why})`,
    "Check that it runs, its address in records.url, and that this user may read it. Verifications go on without; events wait in Redis, bounded.",
  );
}

function examineVersion<Finding>(name: string, { postgresVersion: version }: Inspection, say: Say<Finding>): Finding[] {
  if (version === null) return [];
  const [given, oldest] = [version, oldestPostgres].map((number) => Math.floor(number / 10_000));
  return version >= oldestPostgres
    ? [say.ok(`${name}: version ${given}.${version % 10_000}`)]
    : [say.fail(`${name}: version ${given}`, `PostgreSQL ${oldest} or newer is needed.`)];
}

function examineSchema<Finding>(name: string, found: Inspection, config: RecordsConfig, say: Say<Finding>): Finding[] {
  const { schema, readOnly, postgresVersion: version } = found;
  const backend = version === null ? "sqlite" : "postgres";
  const { missing, unknown } = schema;
  if (readOnly !== null) {
    const fix = readOnly.endsWith("does not exist")
      ? "Make that folder, for the gateway's user alone (`install -d -m 0700 -o USER FOLDER`; the systemd unit does it at its first start), or name another file in records.url."
      : "Give this user the right to write there.";
    return [say.fail(`${name}: ${readOnly}`, `${fix} Until then events wait in Redis, bounded.`)];
  }
  if (unknown.length > 0) {
    const what = `${name}: changed by a newer OneRing (${unknown.join(", ")})`;
    return [say.fail(what, "Install that release again, or restore the backup that was made before it.")];
  }
  if (missing.length === 0) return [say.ok(`${name}: its tables are this version's, and can be written`)];
  const lacks = `${name}: lacks ${missing.join(", ")}`;
  return migratesOnStart(config, backend)
    ? [say.ok(`${lacks}, which the gateway applies at its start`)]
    : [say.fail(lacks, "Make a backup, then run `onering migrate --config FILE`.")];
}
