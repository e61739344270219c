/** Which trace a verification belongs to. */
import { LatestMap } from "../shared/latest-map.ts";
import type { Span, TraceStore, VerificationTraces } from "../shared/tracing.ts";

/** The latest; the store has them longer. */
const mostRemembered = 10_000;

/** @param current the span that the caller runs in */
export function createVerificationTraces(current: () => Span | null): VerificationTraces {
  const remembered = new LatestMap<string, string>(mostRemembered);
  let store: TraceStore | null = null;

  return {
    remember(id) {
      const span = current();
      if (span === null) return;
      remembered.set(id, span.traceparent);
      // A trace that is lost is no reason to refuse anything.
      void store?.put(id, span.traceparent).catch(() => undefined);
    },
    known: (id) => remembered.get(id) ?? null,
    async find(id) {
      const known = remembered.get(id);
      if (known !== undefined || store === null) return known ?? null;
      const found = await store.get(id).catch(() => null);
      if (found !== null) remembered.set(id, found);
      return found;
    },
    useStore(its) {
      store = its;
    },
  };
}
