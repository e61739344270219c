/**
 * One request starts one verification, however often it is sent.
 *
 * The key is reserved with the id that the verification will have, before anything is begun. Starting is idempotent
 * on the id, so a crash at any point, or a store that executed the start but lost its answer, leaves at most one delivery.
 * Redis keeps only the id; a replay answers the verification's current state, or that it no longer exists.
 */
import { Refusal } from "../shared/refusal.ts";
import { clientGone, notKept } from "./refusals.ts";
import type { IdempotentRequest, VerificationStore } from "./store-port.ts";
import type { Verification } from "./types.ts";

/**
 * @param find the verification with the given id, or null
 * @param start starts the verification with the given id, or returns the one that has it
 * @throws {Refusal} `idempotency_key_reused` where another request has the key, `verification_not_found` where the
 *   verification no longer exists, and the errors of `start`
 */
export async function startOnce(
  store: Pick<VerificationStore, "reserve" | "release">,
  request: IdempotentRequest,
  find: (id: string) => Promise<Verification | null>,
  start: (id: string) => Promise<Verification>,
): Promise<Verification> {
  const reservation = await store.reserve(request);
  if (reservation.kind === "reused") {
    throw new Refusal(
      "idempotency_key_reused",
      "This Idempotency-Key was already used with a different request; use a new key for each.",
    );
  }
  if (reservation.kind === "known") {
    const known = await find(reservation.id);
    if (known !== null) return known;
    // The key outlives the verification: starting the same id again would call a second time.
    if (reservation.mayBeForgotten) throw notKept();
  }
  const id = reservation.kind === "known" ? reservation.id : request.id;
  try {
    return await start(id);
  } catch (error) {
    if (!beganNothing(error)) throw error;
    // Another request with this key may have begun it while this one was refused: that one's answer is this one's, too.
    const isFree = reservation.kind === "new" && (await forget(store, request));
    const begun = isFree ? null : await find(id).catch(() => null);
    if (begun !== null) return begun;
    throw error;
  }
}

/**
 * A refusal changed nothing, so the app may retry with the same key; after any other error the outcome is unknown. A
 * request whose client disconnected may already have been sent again: that one needs the reservation.
 */
function beganNothing(error: unknown): boolean {
  return error instanceof Refusal && error.code !== "store_unavailable" && error !== clientGone;
}

/** Best effort: a remaining reservation leads to the same id again, and expires. @returns whether it is removed */
async function forget(store: Pick<VerificationStore, "release">, request: IdempotentRequest): Promise<boolean> {
  // The app must receive the refusal.
  return store.release(request).catch(() => false);
}
