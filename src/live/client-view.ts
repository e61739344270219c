/** What a browser or phone with a client token sees of events: nothing that is between the app's backend and the operator. */
import type { PublicEvent } from "../events/envelope.ts";

/** @returns null: not for clients */
export function clientView(event: PublicEvent): PublicEvent | null {
  // Evidence of trunks and carriers.
  if (event.type === "call.ended" || !("verification" in event.data)) return null;
  const { data } = event;
  const own = {
    reference: null,
    ...("metadata" in data && { metadata: null }),
    ...("cost" in data && { cost: null }),
    ...("deliveries" in data && Array.isArray(data.deliveries) && { deliveries: data.deliveries.map(withoutCost) }),
  };
  return { ...event, data: { ...data, ...own } } as PublicEvent;
}

function withoutCost<T extends object>(delivery: T): T {
  return { ...delivery, cost: null };
}
