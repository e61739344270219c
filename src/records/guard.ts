/** What the guard keeps in the records, as the composition root takes it. */
import type { DecisionStore } from "../guard/decisions.ts";
import type { ListStore } from "../guard/lists/ports.ts";
import type { SubjectStore } from "../subjects/store-port.ts";
import type { RecordsConfig } from "./config.ts";
import { createDecisionStore, guardDecisionRecords, guardDecisionSubjects } from "./guard-decisions.ts";
import { createListStore, guardListRecords } from "./guard-lists.ts";
import type { RecordsFeature } from "./index.ts";
import type { Records } from "./records.ts";

export function guardFeatures({ retention }: RecordsConfig): readonly RecordsFeature[] {
  return [guardListRecords, guardDecisionRecords(retention)];
}

export interface GuardRecords {
  readonly lists: ListStore;
  readonly decisions: DecisionStore;
  readonly subjects: SubjectStore;
}

export function createGuardRecords(records: Pick<Records, "read" | "write">): GuardRecords {
  return {
    lists: createListStore(records),
    decisions: createDecisionStore(records),
    subjects: guardDecisionSubjects(records),
  };
}
