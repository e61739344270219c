/** The port to publish events that belong to no verification: a trunk, a number, an app. They go the same way as all others. */
import type { PublicEventData, PublicEventType } from "./envelope.ts";

/** Types whose events do not belong to a verification. */
export type FreeEventType = Exclude<
  PublicEventType,
  "verification.started" | "delivery.updated" | "call.ended" | "verification.ended"
>;

export interface EventOutbox {
  /**
   * Stores an event for the relay. It gets a random id and no `seq`.
   * @param app null: the operator's
   * @throws {Refusal} `store_unavailable`
   */
  publish<Type extends FreeEventType>(type: Type, data: PublicEventData[Type], app: string | null): Promise<void>;
}
