/** Detail records in the durable records: what is kept of events, what is deleted in time, and how it is read. */
import type { Logger } from "pino";
import { type CdrsOf, createCdrs } from "../../cdr/rows.ts";
import { createVerificationFinder, type FinderParts, type VerificationFinder } from "../../cdr/search.ts";
import type { CdrStore } from "../../cdr/store-port.ts";
import type { Networks } from "../../numbers/networks/ports.ts";
import type { SubjectStore } from "../../subjects/store-port.ts";
import type { OpenChannel } from "../../verification/channel-set.ts";
import type { RecordsConfig } from "../config.ts";
import type { RecordsFeature } from "../index.ts";
import type { Records } from "../records.ts";
import { readTarget } from "../target.ts";
import { cdrRetention, statsRetention } from "./retention.ts";
import { createCdrStore } from "./store.ts";
import { createCdrSubjects } from "./subjects.ts";
import { createCdrWriter } from "./write.ts";

/** As the composition root takes them: the features first, because the channels are opened later. */
export interface CdrModule {
  readonly features: readonly RecordsFeature[];
  open(
    parts: Omit<FinderParts, "store" | "channels"> & {
      readonly records: Pick<Records, "read" | "write">;
      readonly channels: readonly OpenChannel[];
      /** `verification.max_checks` */
      readonly maxChecks: number;
      readonly networks: Pick<Networks, "known">;
    },
  ): { readonly store: CdrStore; readonly finder: VerificationFinder; readonly subjects: SubjectStore };
}

export function createCdrModule(config: RecordsConfig, logger: Pick<Logger, "error">): CdrModule {
  let cdrsOf: CdrsOf = () => {
    throw new Error("no event is handed on before the channels are open");
  };
  return {
    features: cdrFeatures({ config, logger, cdrsOf: (ended) => cdrsOf(ended) }),
    open({ records, maxChecks, networks, ...parts }) {
      cdrsOf = createCdrs(parts.channels, maxChecks, networks);
      const store = createCdrStore(records);
      return { store, finder: createVerificationFinder({ store, ...parts }), subjects: createCdrSubjects(records) };
    },
  };
}

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
  const cdrsOf: CdrsOf = (verification) => {
    try {
      return options.cdrsOf(verification);
    } catch (err) {
      // What an unknown version stored must not hold up the records of all others.
      logger.error({ err, id: verification.id }, "a verification has no detail record: it cannot be read");
      return [];
    }
  };
  const writer = createCdrWriter(cdrsOf, readTarget(config.url).backend === "postgres" ? "postgres" : "sqlite");
  const part: RecordsFeature["part"] = {
    async write(transaction, batch) {
      const ended = batch.flatMap((event) => event.ended ?? []);
      if (ended.length > 0) await writer.write(transaction, ended);
    },
  };
  return [{ part, retention: cdrRetention(config.retention) }, { retention: statsRetention(config.retention) }];
}
