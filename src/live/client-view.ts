/** What a browser or phone with a client token sees of events: nothing that is between the app's backend and the operator. */
import type { PublicEvent } from "../events/envelope.ts";
import { withoutCost } from "../verification/without-cost.ts";

/** @returns null: not for clients */
export function clientView(event: PublicEvent): PublicEvent | null {
  // Evidence of trunks and carriers.
  if (event.type === "call.ended" || !("verification" in event.data)) return null;
  const { data } = event;
  const own = {
    reference: null,
    ...("metadata" in data && { metadata: null }),
    ...("deliveries" in data && Array.isArray(data.deliveries) && { deliveries: data.deliveries.map(withoutCost) }),
  };
  // An event of one delivery has what a delivery has.
  return { ...event, data: { ...withoutCost(data), ...own } } as PublicEvent;
}
