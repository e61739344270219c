/** Finds out how a transaction ended whose end was not seen: the run was killed, or the connection broke, around COMMIT. */
import { byKey, isAs, keyText } from "./change-rows.ts";
import type { Begun, ChangedRow, Journal } from "./journal.ts";
import type { Pace } from "./pace.ts";
import { DatabaseFailure, type TableSession } from "./ports.ts";

/** The server ends a transaction without a client much sooner. */
const looks = 100;
const pauseMs = 100;

/** @throws {DatabaseFailure} where the transaction still runs */
export async function reconcile(session: TableSession, journal: Journal, pace: Pace): Promise<void> {
  const { open } = journal;
  if (open === null) return;
  const known = await outcomeOf(session, open, pace);
  const { committed, dropped } = await rowsSay(session, open);
  const isCommitted = known ?? committed;
  await journal.end(isCommitted, isCommitted ? dropped : []);
}

/** @returns null where the database does not know */
async function outcomeOf(session: TableSession, { transaction }: Begun, pace: Pace): Promise<boolean | null> {
  if (transaction === null) return null;
  for (let look = 0; look < looks; look++) {
    const outcome = await session.outcomeOf(transaction);
    if (outcome === "unknown") return null;
    if (outcome !== "running") return outcome === "committed";
    await pace.sleep(pauseMs);
  }
  throw new DatabaseFailure("broken", "running", "the last run's transaction has not ended yet; run again in a minute");
}

/**
 * By the rows themselves, once no transaction holds them. A transaction is whole: one row that is as it was to be shows that it was
 * committed. Rows that are as before were left out, and are tried again.
 */
async function rowsSay(session: TableSession, open: Begun) {
  const [first] = open.rows;
  const columns = Object.keys(first?.before ?? {});
  const now = byKey(
    await session.settled(
      open.rows.map(({ key }) => key),
      columns,
    ),
  );
  const isChanged = ({ key, after }: ChangedRow) => {
    const row = now.get(keyText(key));
    return after === null ? row === undefined : isAs(row, columns, after);
  };
  const dropped = open.rows.flatMap(({ key, before }, at) =>
    isAs(now.get(keyText(key)), columns, before) ? [at] : [],
  );
  return { committed: open.rows.some(isChanged), dropped };
}
