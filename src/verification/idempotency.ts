/**
 * One request, one verification, one answer, however often it is sent.
 *
 * The key is reserved with the id that the verification will have, before anything is placed. Starting is idempotent
 * on the id, so a crash at any point, or a store that took the start but lost its answer, leaves at most one call.
 */
import { Refusal } from "../shared/refusal.ts";
import { askerGone } from "./refusals.ts";
import type { IdempotentRequest, VerificationStore } from "./store-port.ts";
import type { Verification } from "./types.ts";

/**
 * @param start starts the verification with the given id, or returns the one that has it
 * @throws {Refusal} `idempotency_key_reused` where another request has the key, and whatever `start` throws
 */
export async function answerOnce(
  store: VerificationStore,
  request: IdempotentRequest,
  start: (id: string) => Promise<Verification>,
): Promise<Verification> {
  const reservation = await store.reserve(request);
  if (reservation.kind === "reused") {
    throw new Refusal("idempotency_key_reused", "this Idempotency-Key was used with another request");
  }
  if (reservation.kind === "known" && reservation.answer !== null) return read(reservation.answer);

  const ours = reservation.kind === "known" ? { ...request, id: reservation.id } : request;
  let verification: Verification;
  try {
    verification = await start(ours.id);
  } catch (error) {
    if (placedNothing(error)) await forget(store, ours);
    throw error;
  }
  return read(await store.keepAnswer(ours, JSON.stringify(verification)));
}

/**
 * A refusal changed nothing, so the app may try again with the same key; after any other error nobody knows. One whose
 * asker is gone may have been asked again already: that one needs the reservation.
 */
function placedNothing(error: unknown): boolean {
  return error instanceof Refusal && error.code !== "store_unavailable" && error !== askerGone;
}

/** Best effort: a reservation that stays leads to the same id again, and ends by itself. */
async function forget(store: VerificationStore, request: IdempotentRequest): Promise<void> {
  try {
    await store.release(request);
  } catch {
    // The refusal is what the app must hear of.
  }
}

/** Written by ourselves, by `keepAnswer`. */
function read(answer: string): Verification {
  return JSON.parse(answer) as Verification;
}
