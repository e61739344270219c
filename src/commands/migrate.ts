/** `onering migrate`: brings the tables of the durable records to this version. */
import { loadConfig } from "../config/load.ts";
import { RecordsUnfit, whyAway } from "../records/failure.ts";
import { refuseOld } from "../records/fitness.ts";
import { inspect } from "../records/inspect.ts";
import { refuseNewer } from "../records/migrate.ts";
import { migrateAt } from "../records/open.ts";
import { describeTarget, readTarget } from "../records/target.ts";

/**
 * @returns 0 where the tables are this version's; with `dryRun` 1 where something is missing
 * @throws {ConfigError}
 * @throws {Error} where the records cannot be reached or belong to a newer release
 */
export async function migrate(path: string, { dryRun }: { readonly dryRun: boolean }): Promise<number> {
  const { records: config } = await loadConfig({ path, env: process.env });
  const target = readTarget(config.url);
  const say = (text: string) => process.stdout.write(`${describeTarget(target)}: ${text}\n`);
  if (target.backend === "off") {
    say("nothing to migrate (records.url)");
    return 0;
  }
  try {
    const { schema, postgresVersion, readOnly } = await inspect(target, config);
    if (postgresVersion !== null) refuseOld(postgresVersion);
    refuseNewer(schema);
    if (dryRun) {
      say(schema.missing.length === 0 ? "up to date" : `would apply ${schema.missing.join(", ")}`);
      return schema.missing.length === 0 ? 0 : 1;
    }
    if (readOnly !== null) throw new RecordsUnfit(readOnly);
    const applied = await migrateAt(target, config);
    say(applied.length === 0 ? "up to date" : `applied ${applied.join(", ")}`);
    return 0;
  } catch (error) {
    const why = error instanceof RecordsUnfit ? error.message : whyAway(error);
    throw why === null ? error : new Error(`${describeTarget(target)}: ${why}`, { cause: error });
  }
}
