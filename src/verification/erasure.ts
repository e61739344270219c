/** Erases a verification: one that is open is canceled first, so that its app hears of its end and its call is hung up. */
import { type Clock, steadyClock } from "../shared/clock.ts";
import type { Endings } from "./endings.ts";
import type { VerificationStore } from "./store-port.ts";

/** A call that is hung up is over sooner; one of a gateway that died is not waited for. */
const longestWaitMs = 3000;
const pollMs = 50;

/** @returns whether there was one */
export type EraseVerification = (id: string) => Promise<boolean>;

export function createErasure(options: {
  readonly store: Pick<VerificationStore, "erase" | "cancel">;
  readonly endings: Pick<Endings, "seen">;
  readonly clock: Clock;
}): EraseVerification {
  const { store, endings } = options;
  const clock = steadyClock(options.clock);
  return async (id) => {
    const giveUpAtMs = clock.nowMs() + longestWaitMs;
    for (;;) {
      const result = await store.erase(id, clock.nowMs() >= giveUpAtMs);
      if (result.kind === "erased" || result.kind === "gone") return result.kind === "erased";
      if (result.kind === "live") {
        // Its end is still an event of the verification, which must not come after the erasure.
        await new Promise<void>((resolve) => void clock.after(pollMs, resolve));
        continue;
      }
      const canceled = await store.cancel(result.app, id);
      if (canceled.kind === "seen") endings.seen(canceled);
    }
  };
}
