/** Durable records on both backends: one suite, run on a SQLite file and on a real PostgreSQL. */
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import type { RecordsConfig } from "../../src/records/config.ts";
import type { RecordsMigration } from "../../src/records/migrations/migration.ts";
import { type KnownTarget, migrateAt } from "../../src/records/open.ts";
import { createRecords, type Records } from "../../src/records/records.ts";
import { type RecordsBackend, readTarget } from "../../src/records/target.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { cryptoRandom } from "../../src/shared/random.ts";
import { startPostgres, type TestPostgres } from "./postgres.ts";
import { testConfig } from "./test-config.ts";

export interface OpenOptions {
  /** Where the records are; default: a new file or database. */
  readonly url?: string;
  /** Keys of the section `records`. */
  readonly config?: Partial<RecordsConfig>;
  readonly migrations?: readonly RecordsMigration[];
}

export interface OpenBackend {
  /** Records with all migrations, started; closed after the test. */
  (options?: OpenOptions): Promise<Records & { readonly url: string }>;
  readonly backend: RecordsBackend;
  /** An address of records that do not exist yet: a file in a folder that is removed, or an empty database. */
  newUrl(): Promise<string>;
  /** A path in a folder that is removed. */
  scratch(): Promise<string>;
  /** The server behind PostgreSQL's addresses. @throws on SQLite */
  postgres(): TestPostgres;
}

/** @param suite called once for each backend, inside a `describe` with its name */
export function describeOnBothBackends(name: string, suite: (open: OpenBackend) => void): void {
  for (const backend of ["sqlite", "postgres"] as const) {
    describe(`${name} (${backend})`, () => {
      let postgres: TestPostgres | null = null;
      let folder = "";
      let files = 0;
      const opened: Records[] = [];
      beforeAll(async () => {
        folder = await mkdtemp(path.join(tmpdir(), "onering-records-"));
        if (backend === "postgres") postgres = await startPostgres();
      }, 90_000);
      afterEach(async () => {
        await Promise.all(opened.splice(0).map((records) => records.close()));
      });
      afterAll(async () => {
        await postgres?.stop();
        await rm(folder, { recursive: true, force: true });
      });
      const server = () => {
        if (postgres === null) throw new Error("no PostgreSQL behind a SQLite file");
        return postgres;
      };
      const newFile = () => path.join(folder, `${++files}.sqlite`);
      const newUrl = async () => (backend === "sqlite" ? `sqlite:${newFile()}` : server().createDatabase());
      /** With all migrations, and closed. */
      let migrated: Promise<string> | null = null;
      async function migrate(): Promise<string> {
        const url = await newUrl();
        await migrateAt(readTarget(url) as KnownTarget, recordsConfig(url));
        return url;
      }
      /** Most tests begin with tables that are there: migrating costs more than all else that they do. */
      async function newMigratedUrl(): Promise<string> {
        migrated ??= migrate();
        const from = await migrated;
        if (backend === "postgres") return server().createDatabase(from);
        const to = newFile();
        await copyFile(from.slice("sqlite:".length), to);
        return `sqlite:${to}`;
      }
      const open = async ({ url, config, migrations }: OpenOptions = {}) => {
        const at = url ?? (await (migrations === undefined ? newMigratedUrl() : newUrl()));
        const records = createRecords({
          config: { ...recordsConfig(at), ...config },
          clock: systemClock,
          random: cryptoRandom,
          logger: pino({ level: "silent" }),
          ...(migrations !== undefined && { migrations }),
        });
        opened.push(records);
        await records.start();
        return { ...records, url: at };
      };
      suite(
        Object.assign(open, { backend, newUrl, postgres: server, scratch: async () => path.join(folder, "scratch") }),
      );
    });
  }
}

/** The section `records` with its defaults, migrating by itself. */
export function recordsConfig(url: string): RecordsConfig {
  return { ...testConfig({ records: { url, migrate: "on_start" } }).records };
}
