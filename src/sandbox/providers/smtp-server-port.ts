/** What can be chosen of the SMTP server, and what it hands over. */

/** The steps of a session whose reply can be chosen; `end`: the final dot. */
export type SmtpStep = "connect" | "auth" | "mail" | "rcpt" | "data" | "end";

/**
 * What happens instead of success: a reply, a lost connection, or silence. `taken`: the message is handed over all the same
 * (at `end`), as by a server whose answer was lost.
 */
export type SmtpAnswer =
  | { readonly kind: "reply"; readonly text: string; readonly close?: boolean; readonly taken?: boolean }
  | { readonly kind: "close"; readonly taken?: boolean }
  | { readonly kind: "silence"; readonly taken?: boolean };

export interface ReceivedMail {
  readonly from: string;
  readonly to: string;
  /** Headers and body as sent, dots unstuffed. */
  readonly raw: Buffer;
  readonly encrypted: boolean;
  readonly authenticated: boolean;
  /** Parameters of MAIL FROM, such as `SMTPUTF8`. */
  readonly parameters: readonly string[];
}

export interface SmtpServerOptions {
  readonly security: "plain" | "starttls" | "tls";
  /** PEM; for starttls and tls. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Who may log in; without it AUTH is not offered. With it MAIL is refused before. */
  readonly login?: { readonly user: string; readonly password: string };
  readonly smtpUtf8: boolean;
  /** Null: success. @param address the sender at `mail`, the recipient from `rcpt` on, else empty */
  answer(step: SmtpStep, address: string): SmtpAnswer | null;
  onMail(mail: ReceivedMail): void;
}
