/** Reads records without a gateway, for commands: beside one that runs, changing and creating nothing. */
import { Kysely } from "kysely";
import type { RecordsConfig } from "./config.ts";
import { whyAway } from "./failure.ts";
import { openConnections } from "./open.ts";
import type { RecordsDb, Tables } from "./tables.ts";
import { describeTarget, readTarget } from "./target.ts";

export interface RecordsReader {
  /** @throws {Error} that says what an operator does about it */
  read<T>(work: (db: RecordsDb) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** @throws {Error} where nothing is recorded */
export function openRecordsReader(config: RecordsConfig): RecordsReader {
  const target = readTarget(config.url);
  if (target.backend === "off") throw new Error("nothing is recorded: records.url is off");
  const db = new Kysely<Tables>({ dialect: openConnections(target, config).read });
  return {
    async read(work) {
      try {
        return await work(db);
      } catch (error) {
        const message = error instanceof Error ? error.message : "";
        const why = /no such table|relation .* does not exist/.test(message)
          ? "its tables are older than this version; run onering migrate"
          : whyAway(error);
        throw why === null ? error : new Error(`${describeTarget(target)}: ${why}`, { cause: error });
      }
    },
    close: () => db.destroy(),
  };
}
