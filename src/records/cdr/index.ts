/** Detail records in the durable records: what is kept of events, what is deleted in time, and how it is read. */
import type { Logger } from "pino";
import type { CdrsOf } from "../../cdr/rows.ts";
import type { RecordsConfig } from "../config.ts";
import type { RecordsFeature } from "../index.ts";
import type { SinkPart } from "../sink.ts";
import { readTarget } from "../target.ts";
import { cdrRetention, statsRetention } from "./retention.ts";
import { createCdrWriter } from "./write.ts";

/**
 * Two classes of records: detail records, and sums over them.
 * @param cdrsOf the records of a verification that has ended
 */
export function cdrFeatures(options: {
  readonly config: RecordsConfig;
  readonly cdrsOf: CdrsOf;
  readonly logger: Pick<Logger, "error">;
}): readonly RecordsFeature[] {
  const { config, logger } = options;
  const target = readTarget(config.url);
  const writer = createCdrWriter(
    (verification) => {
      try {
        return options.cdrsOf(verification);
      } catch (err) {
        // What an unknown version stored must not hold up the records of all others.
        logger.error({ err, id: verification.id }, "a verification has no detail record: it cannot be read");
        return [];
      }
    },
    target.backend === "postgres" ? "postgres" : "sqlite",
  );
  const part: SinkPart = {
    write: (transaction, batch) =>
      writer.write(
        transaction,
        batch.flatMap(({ ended }) => ended ?? []),
      ),
  };
  return [{ part, retention: cdrRetention(config.retention) }, { retention: statsRetention(config.retention) }];
}
