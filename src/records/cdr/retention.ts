/** Deletes detail records by age, and sums by the age that makes their level useless. */
import { sql } from "kysely";
import type { RecordsConfig } from "../config.ts";
import type { RetentionJob } from "../retention.ts";

/** A record is as old as its delivery's start. */
export function cdrRetention({ cdrs_days: days }: RecordsConfig["retention"]): RetentionJob {
  return {
    ...{ name: "cdrs", days },
    async deleteBatch(transaction, beforeMs, limit) {
      const oldest = sql`select verification, number from cdrs where started_at < ${beforeMs} order by started_at limit ${limit}`;
      const { numAffectedRows = 0n } = await sql`delete from cdrs where (verification, number) in (${oldest})`.execute(
        transaction,
      );
      return Number(numAffectedRows);
    },
  };
}

const key = sql`level, at, app, channel, country, prefix, network, trunk, "range"`;

/** Sums hold nothing personal, and are kept longer: a year is compared with the one before. */
export function statsRetention({ stats_days: days }: RecordsConfig["retention"]): RetentionJob {
  return {
    ...{ name: "cdr_stats", days },
    async deleteBatch(transaction, beforeMs, limit) {
      let deleted = 0;
      for (const level of ["h", "hp", "d", "dp"]) {
        if (deleted >= limit) break;
        const oldest = sql`select ${key} from cdr_stats where level = ${level} and at < ${beforeMs} order by at limit ${limit - deleted}`;
        const { numAffectedRows = 0n } = await sql`delete from cdr_stats where (${key}) in (${oldest})`.execute(
          transaction,
        );
        deleted += Number(numAffectedRows);
      }
      return deleted;
    },
  };
}
