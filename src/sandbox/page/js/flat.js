/** A verification with its newest delivery and that channel's own object in one, as the page draws it. */

const terminal = new Set(["verified", "failed", "expired", "canceled", "undeliverable"]);

/** @param verification as the API shows it */
export function flat(verification) {
  const { delivery } = verification;
  const own = delivery[delivery.channel];
  const { calls = 0, calls_delivered: delivered = 0 } = own;
  return {
    ...verification,
    calls,
    calls_delivered: delivered,
    own,
    step: stepOf(verification, delivery.state, delivered),
  };
}

/** Where it stands, in one word: its status at the end, else the delivery's state; `pending` also between two calls. */
function stepOf({ status }, state, delivered) {
  if (terminal.has(status)) return status;
  return status === "pending" || (state === "calling" && delivered > 0) ? "pending" : state;
}
