/** Events of the SMS routes, for metrics. They hold no number, no text and no message id. */

export interface SmsEvents {
  /** A submit was answered. `status`: the SMSC's command_status by name, `no_answer`, or what the HTTP provider's answer meant. */
  "sms.submitted": { readonly route: string; readonly status: string };
  /**
   * Something came from a carrier that changed no delivery: a message from a phone (`message`), a receipt without id or state
   * (`unreadable`), a receipt that could not be looked up (`shed`), a response after its deadline (`late_response`).
   */
  "sms.dropped": { readonly route: string; readonly what: "message" | "unreadable" | "shed" | "late_response" };
  "sms.bind_changed": { readonly route: string; readonly bind: string; readonly up: boolean };
}
