/** Records acts: begun in Redis before they are done, with their outcome afterwards. */
import type { Logger } from "pino";
import type { Clock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import { Refusal } from "../shared/refusal.ts";
import type { Audit, AuditEntry, AuditOutcome, AuditQueue, Json } from "./port.ts";

const idBytes = 16;
const retryAfterMs = 5000;

export type AuditWriter = Pick<Audit, "act">;

/** @param queue null: nothing is recorded (`records.url: off`); acts are in the log alone */
export function createAuditWriter(options: {
  readonly queue: Pick<AuditQueue, "begin" | "finish"> | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}): AuditWriter {
  const { queue, clock, random, logger } = options;

  async function finish(entry: AuditEntry): Promise<void> {
    try {
      await queue?.finish(entry);
    } catch {
      // What was done stays done; the entry is there, and gets the outcome `unknown`.
      logger.error({ audit: entry.id, action: entry.action }, "the outcome of an act could not be recorded");
    }
  }

  return {
    async act(act, run) {
      const id = `aud_${random.bytes(idBytes).toString("base64url")}`;
      const begun: AuditEntry = { id, atMs: clock.nowMs(), ...act, outcome: "unknown", before: null, after: null };
      if (queue !== null && !(await queue.begin(begun))) {
        throw new Refusal(
          "records_unavailable",
          "Nothing was done: too many acts wait already to be recorded; bring the records back first.",
          retryAfterMs,
        );
      }
      let outcome: AuditOutcome = "done";
      let values: { readonly before?: Json; readonly after?: Json } = {};
      try {
        const done = await run();
        values = done;
        return done.result;
      } catch (error) {
        [outcome, values] = failureOf(error);
        throw error;
      } finally {
        const { before = null, after = null } = values;
        logger.warn({ audit: id, ...act, outcome }, "administrative act");
        await finish({ ...begun, outcome, before, after });
      }
    },
  };
}

/** A store that did not answer may have carried it out. */
function failureOf(error: unknown): [AuditOutcome, { readonly after?: Json }] {
  if (!(error instanceof Refusal)) return ["failed", {}];
  const isUnknown = error.code === "store_unavailable" || error.code === "records_unavailable";
  return [isUnknown ? "unknown" : "refused", { after: { refused: error.code } }];
}
