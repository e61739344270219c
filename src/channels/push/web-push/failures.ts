/** What the answers of push services mean: RFC 8030 §5 to §8, and where services differ from it. */
import type { PushFailure } from "../service.ts";

const failure = (
  reason: PushFailure["reason"],
  scope: PushFailure["scope"],
  registration: PushFailure["registration"] = null,
): PushFailure => ({ reason, scope, registration });

/** By HTTP status; any other is `provider_down` from 500 on, else `rejected`. */
export const webPushFailures: ReadonlyMap<number, PushFailure> = new Map([
  // The subscription has ended (RFC 8030 §7.3); some services say 404 for it.
  [404, failure("invalid_recipient", "message", "gone")],
  [410, failure("invalid_recipient", "message", "gone")],
  // Subscribed with another VAPID key, or our signature is refused (RFC 8292 §4.2): the same statuses, so nothing is said
  // against the subscription.
  [401, failure("rejected", "message")],
  [403, failure("rejected", "message")],
  [413, failure("rejected", "message")],
  [429, failure("throttled", "recipient")],
  // Windows' service says 406 for too many.
  [406, failure("throttled", "recipient")],
]);

/** A redirect: the endpoint is none. It is the person's address, so it says nothing of the service. */
export const notAnEndpoint = failure("invalid_recipient", "message", "invalid");

export function webPushFailure(status: number): PushFailure {
  const found = webPushFailures.get(status);
  if (found !== undefined) return found;
  return status >= 500 ? failure("provider_down", "down") : failure("rejected", "message");
}
