/**
 * What is kept of somebody's opt-outs. Exported, never erased: an erasure would have the person contacted again, which is the
 * opposite of what was asked for. What stays is a keyed hash and a time (docs/adr/0055).
 */
import type { SubjectStore } from "../subjects/store-port.ts";
import type { OptOuts } from "./service.ts";

export function optOutSubjects(optOuts: Pick<OptOuts, "find">): SubjectStore {
  return {
    name: "opt_outs",
    async export({ to }) {
      const found = await optOuts.find(to);
      const items = found.map(({ app, state, atMs, source }) => ({
        ...{ app, state, source },
        at: new Date(atMs).toISOString(),
      }));
      return { items, next: null };
    },
    erase: async () => ({ erased: 0, next: null }),
  };
}
