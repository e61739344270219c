/** Where endpoints and dead letters are kept durably. Every method rejects where records are away. */
import type { DeadLetter, EndpointRow } from "./types.ts";

export interface DeadLetterPage {
  readonly letters: readonly DeadLetter[];
  /** Position after the last one; null: there are no more. */
  readonly next: string | null;
}

export interface WebhookStore {
  /** All endpoints of all apps. */
  endpoints(): Promise<readonly EndpointRow[]>;
  /** @returns null: there is none */
  endpoint(id: string): Promise<EndpointRow | null>;
  /** Inserts an endpoint, or replaces it where its revision is greater; of an older one nothing changes. */
  putEndpoint(row: EndpointRow): Promise<void>;
  /** Replaces an endpoint where its revision is greater. @returns which one is kept afterwards; null: it was removed */
  changeEndpoint(row: EndpointRow): Promise<{ readonly kept: EndpointRow; readonly isTaken: boolean } | null>;
  /** Removes an endpoint and its dead letters. */
  removeEndpoint(id: string): Promise<void>;
  /** Idempotent by endpoint and event. */
  addDeadLetters(letters: readonly DeadLetter[]): Promise<void>;
  /**
   * Dead letters of an endpoint in the order in which they were queued.
   * @param options.after position from an earlier page @param options.sinceMs of those that ended then or later
   */
  deadLetters(
    endpoint: string,
    options: { readonly after?: string | null; readonly sinceMs?: number | null; readonly limit: number },
  ): Promise<DeadLetterPage>;
  /** Those of these events. */
  deadLettersOf(endpoint: string, eventIds: readonly string[]): Promise<readonly DeadLetter[]>;
  /** Those of them that have not ended once more since they were read. */
  removeDeadLetters(endpoint: string, letters: readonly Pick<DeadLetter, "eventId" | "endedAtMs">[]): Promise<void>;
  /** Those of these verifications, for the export of personal data. */
  deadLettersOfVerifications(verifications: readonly string[], limit: number): Promise<readonly DeadLetter[]>;
  /** Removes what is kept of verifications (erasure of personal data). @returns how many */
  eraseVerifications(verifications: readonly string[]): Promise<number>;
}
