/**
 * One request, one verification, however often it is sent.
 *
 * The key is reserved with the id that the verification will have, before anything is begun. Starting is idempotent
 * on the id, so a crash at any point, or a store that took the start but lost its answer, leaves at most one delivery.
 * Redis keeps the id alone; a replay answers the verification's current state, or that it is kept no more.
 */
import { Refusal } from "../shared/refusal.ts";
import { clientGone, notKept } from "./refusals.ts";
import type { IdempotentRequest, VerificationStore } from "./store-port.ts";
import type { Verification } from "./types.ts";

/**
 * @param find the verification with the given id, or null
 * @param start starts the verification with the given id, or returns the one that has it
 * @throws {Refusal} `idempotency_key_reused` where another request has the key, `verification_not_found` where the
 *   verification is kept no more, and whatever `start` throws
 */
export async function startOnce(
  store: Pick<VerificationStore, "reserve" | "release">,
  request: IdempotentRequest,
  find: (id: string) => Promise<Verification | null>,
  start: (id: string) => Promise<Verification>,
): Promise<Verification> {
  const reservation = await store.reserve(request);
  if (reservation.kind === "reused") {
    throw new Refusal("idempotency_key_reused", "this Idempotency-Key was used with another request");
  }
  const ours = reservation.kind === "known" ? { ...request, id: reservation.id } : request;
  const known = reservation.kind === "known" ? await find(ours.id) : null;
  if (known !== null) return known;
  // The key outlives the verification: starting the same id again would call a second time.
  if (reservation.kind === "known" && reservation.mayBeForgotten) throw notKept();
  try {
    return await start(ours.id);
  } catch (error) {
    if (beganNothing(error)) await forget(store, ours);
    throw error;
  }
}

/**
 * A refusal changed nothing, so the app may try again with the same key; after any other error nobody knows. A request
 * whose client is gone may have been sent again already: that one needs the reservation.
 */
function beganNothing(error: unknown): boolean {
  return error instanceof Refusal && error.code !== "store_unavailable" && error !== clientGone;
}

/** Best effort: a reservation that stays leads to the same id again, and ends by itself. */
async function forget(store: Pick<VerificationStore, "release">, request: IdempotentRequest): Promise<void> {
  try {
    await store.release(request);
  } catch {
    // The refusal is what the app must be told.
  }
}
