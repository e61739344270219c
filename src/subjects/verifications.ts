/** Verifications and limits in Redis, as classes of what is kept of a number or an address. */
import type { CalleeRef } from "../verification/hashes.ts";
import type { VerificationBody } from "../verification/representation.ts";
import type { FoundVerification, SubjectIndex } from "./index-port.ts";
import type { SubjectStore } from "./store-port.ts";

/** Of one call. An open one is canceled, and a call that rings is waited for. */
const mostAtOnce = 50;

export function verificationSubjects(options: {
  readonly index: Pick<SubjectIndex, "verifications">;
  readonly calleeOf: (to: string) => CalleeRef;
  /** As its app sees it; null: it is gone. */
  readonly show: (found: FoundVerification) => Promise<VerificationBody | null>;
  readonly erase: (id: string) => Promise<boolean>;
}): SubjectStore {
  const { index, calleeOf, show, erase } = options;
  /** @param after how many were taken before: what was found does not change */
  async function part(to: string, after: string | null) {
    const all = [...((await index.verifications(calleeOf(to))) ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1));
    const from = Number(after ?? 0);
    const end = from + mostAtOnce;
    return { found: all.slice(from, end), next: end < all.length ? String(end) : null };
  }
  return {
    name: "verifications",
    async export({ to }, after) {
      const { found, next } = await part(to, after);
      const bodies = await Promise.all(
        found.map(async (one) => {
          const body = await show(one);
          return body === null ? [] : [{ app: one.app, ...body }];
        }),
      );
      return { items: bodies.flat(), next };
    },
    async erase({ to }, after) {
      const { found, next } = await part(to, after);
      const erased = await Promise.all(found.map(({ id }) => erase(id)));
      return { erased: erased.filter(Boolean).length, next };
    },
  };
}

export function limitSubjects(
  index: Pick<SubjectIndex, "limits" | "eraseLimits">,
  calleeOf: (to: string) => CalleeRef,
): SubjectStore {
  return {
    name: "limits",
    export: async ({ to }) => ({ items: [await index.limits(calleeOf(to))], next: null }),
    erase: async ({ to }) => ({ erased: await index.eraseLimits(calleeOf(to)), next: null }),
  };
}
