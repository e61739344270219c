/** Which trace a verification belongs to. */
import type { Span, TraceStore, VerificationTraces } from "../shared/tracing.ts";

/** The oldest is forgotten; the store has it longer. */
const maxRemembered = 20_000;

/** @param current the span that the caller runs in */
export function createVerificationTraces(current: () => Span | null): VerificationTraces {
  const remembered = new Map<string, string>();
  let store: TraceStore | null = null;

  function keep(id: string, traceparent: string): void {
    remembered.set(id, traceparent);
    if (remembered.size <= maxRemembered) return;
    for (const oldest of remembered.keys()) {
      remembered.delete(oldest);
      return;
    }
  }

  return {
    remember(id) {
      const span = current();
      if (span === null) return;
      keep(id, span.traceparent);
      // A trace that is lost is no reason to refuse anything.
      void store?.put(id, span.traceparent).catch(() => undefined);
    },
    known: (id) => remembered.get(id) ?? null,
    async find(id) {
      const known = remembered.get(id);
      if (known !== undefined || store === null) return known ?? null;
      const found = await store.get(id).catch(() => null);
      if (found !== null) keep(id, found);
      return found;
    },
    useStore(its) {
      store = its;
    },
  };
}
