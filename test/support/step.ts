/** Where a verification by a missed call stands, as one word: its status once it ended, else the newest delivery's state. */
const terminal = ["verified", "failed", "expired", "canceled", "undeliverable"];

interface Shown {
  readonly status?: unknown;
  readonly delivery?: { readonly state?: unknown; readonly missed_call?: { readonly calls_delivered?: unknown } };
}

/** @param json a verification as the API shows it @returns `pending` before the first call and between two */
export function stepOf(json: Record<string, unknown>): string {
  const { status, delivery } = json as Shown;
  if (terminal.includes(String(status)) || delivery === undefined) return String(status);
  const { state, missed_call: call } = delivery;
  const isBetween = state === "calling" && Number(call?.calls_delivered ?? 0) > 0;
  return status === "pending" || isBetween ? "pending" : String(state);
}
