/** What the guard keeps in the records, as the composition root takes it. */
import type { HashScope } from "../guard/counted-rule.ts";
import type { DecisionStore } from "../guard/decisions.ts";
import type { ListStore } from "../guard/lists/ports.ts";
import type { SubjectStore } from "../subjects/store-port.ts";
import type { RecordsConfig } from "./config.ts";
import { createDecisionStore, guardDecisionRecords, guardDecisionSubjects } from "./guard-decisions.ts";
import { createListStore, guardListRecords, guardListSubjects } from "./guard-lists.ts";
import type { RecordsFeature } from "./index.ts";
import type { Records } from "./records.ts";

export function guardFeatures({ retention }: RecordsConfig): readonly RecordsFeature[] {
  return [guardListRecords, guardDecisionRecords(retention)];
}

export interface GuardRecords {
  readonly lists: ListStore;
  readonly decisions: DecisionStore;
  readonly subjects: readonly SubjectStore[];
}

/** @param hash as the guard's own */
export function createGuardRecords(records: Pick<Records, "read" | "write">, hash: HashScope): GuardRecords {
  return {
    lists: createListStore(records),
    decisions: createDecisionStore(records),
    subjects: [guardDecisionSubjects(records), guardListSubjects(records, hash)],
  };
}
