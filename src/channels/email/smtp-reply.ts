/**
 * What a refusal by a mail server means: the enhanced status code (RFC 3463, RFC 7505, RFC 7372) decides, where there is
 * none the reply code (RFC 5321 § 4.2.3, RFC 7504) and the command that was refused.
 */
import type { MessageFailure } from "../messages/provider-port.ts";

/** The step of a session that a reply answers. `data`: the DATA command and the message itself. */
export type SmtpStage = "connect" | "auth" | "mail" | "rcpt" | "data";

export interface SmtpReply {
  /** Three digits. */
  readonly code: number;
  /** `5.1.1`; null where the server sent none. */
  readonly enhanced: string | null;
  /** May quote the recipient: never logged for the stages `rcpt` and `data`. */
  readonly text: string;
}

export interface Verdict {
  readonly reason: MessageFailure;
  /** The cause lies with this server, its state or our account there: another server may take the message. */
  readonly elsewhere: boolean;
}

/** The first rule that matches decides. */
interface Rule {
  /** Start of the enhanced code, or the reply code. */
  readonly when: RegExp;
  readonly stages?: readonly SmtpStage[];
  readonly text?: RegExp;
  readonly verdict: Verdict;
}

const here = (reason: MessageFailure): Verdict => ({ reason, elsewhere: false });
const other = (reason: MessageFailure): Verdict => ({ reason, elsewhere: true });
const recipient: readonly SmtpStage[] = ["rcpt", "data"];

/** Authentication or encryption is required, too weak or refused (RFC 4954), whatever the enhanced code says. */
const ofOurAccount = /^53[0458]$/;

const byEnhanced: readonly Rule[] = [
  // Google's relay gives its limits for our account the codes of a recipient and of a policy.
  { when: /^(4\.2|5\.7)\.1$/, stages: recipient, text: /relay limit exceeded/i, verdict: other("throttled") },
  // Mailbox full or disabled for now: no server of ours changes that.
  { when: /^4\.2\./, stages: recipient, verdict: here("not_reachable") },
  { when: /^4\./, stages: ["auth"], verdict: other("provider_down") },
  // Greylisting (4.7.1), rate limits (4.7.28), storage (4.3.1), shutting down (4.3.2).
  { when: /^4\./, verdict: other("throttled") },
  // Our account, by its enhanced codes.
  { when: /^5\.7\.(8|9|10|11|12|13|14)$/, verdict: other("rejected") },
  { when: /^5\./, stages: ["auth"], verdict: other("rejected") },
  { when: /^5\./, stages: ["connect"], verdict: other("provider_down") },
  // Limits of our account: daily quota (5.4.5, congestion in RFC 3463; Google), errors in a row, recipients, tenant (Microsoft).
  { when: /^5\.(4\.5|2\.25[1-5]|1\.90|7\.23[23])$/, verdict: other("throttled") },
  // Microsoft: not logged in, or not allowed to send as this sender; said at the end of the message.
  { when: /^5\.7\.(57|60)$/, verdict: other("rejected") },
  // Our sender address or its domain.
  { when: /^5\.1\.[78]$/, verdict: other("rejected") },
  { when: /^5\./, stages: ["mail"], verdict: other("rejected") },
  { when: /^5\.1\./, verdict: here("invalid_recipient") },
  // Too large for the mailbox or the server.
  { when: /^5\.(2\.3|3\.4)$/, verdict: other("rejected") },
  // Mailbox disabled, full, not accepting.
  { when: /^5\.2\./, verdict: here("not_reachable") },
  { when: /^5\.3\./, verdict: other("provider_down") },
  // No route to the domain, its servers do not answer.
  { when: /^5\.4\./, verdict: here("not_reachable") },
  // The recipient's server has no SMTPUTF8 (RFC 6531).
  { when: /^5\.6\.7$/, verdict: here("not_reachable") },
  { when: /^5\.6\./, verdict: here("rejected") },
  { when: /^5\.5\./, verdict: other("rejected") },
  // "Relaying denied" has the code of a policy, but it is our account that may not send.
  { when: /^5\.7\./, stages: ["rcpt"], text: /relay/i, verdict: other("rejected") },
  { when: /^5\.7\./, verdict: here("blocked") },
];

const byCode: readonly Rule[] = [
  { when: /^4/, stages: ["auth"], verdict: other("provider_down") },
  { when: /^4/, verdict: other("throttled") },
  { when: /^5/, stages: ["auth", "mail"], verdict: other("rejected") },
  { when: /^5/, stages: ["connect"], verdict: other("provider_down") },
  { when: /^5/, stages: ["rcpt"], text: /relay/i, verdict: other("rejected") },
  { when: /^55(0|1|3|6)$/, stages: ["rcpt"], verdict: here("invalid_recipient") },
  // Exceeded storage allocation; 521: the host accepts no mail.
  { when: /^(552|521)$/, stages: recipient, verdict: here("not_reachable") },
  { when: /^554$/, stages: ["rcpt"], verdict: here("blocked") },
  { when: /^55[04]$/, stages: ["data"], verdict: here("blocked") },
];

/** A reply that is no refusal where none was expected, or a code that is not listed. */
const anythingElse = other("rejected");

/** Why the message failed, and whether another server may take it. */
export function judge(stage: SmtpStage, reply: SmtpReply): Verdict {
  if (ofOurAccount.test(String(reply.code))) return other("rejected");
  const matches = (subject: string) => (rule: Rule) =>
    rule.when.test(subject) && (rule.stages?.includes(stage) ?? true) && (rule.text?.test(reply.text) ?? true);
  // x.0.0 says nothing beyond the class; where the classes differ, the reply code's holds (RFC 3463 § 2).
  const told = reply.enhanced !== null && reply.enhanced[0] === String(reply.code)[0];
  const enhanced = told && !reply.enhanced.endsWith(".0.0") ? reply.enhanced : null;
  const rule = enhanced === null ? undefined : byEnhanced.find(matches(enhanced));
  return (rule ?? byCode.find(matches(String(reply.code))))?.verdict ?? anythingElse;
}

/** Reads a reply of one or more lines; the last line's enhanced code counts. Null: it is none. */
export function parseReply(reply: string): SmtpReply | null {
  const lines = reply.trim().split(/\r?\n/);
  const match = /^(\d{3})(?:[ -]|$)(?:([245]\.\d{1,3}\.\d{1,3})(?= |$))?/.exec(lines.at(-1) ?? "");
  if (match === null) return null;
  const text = lines.map((line) => line.replace(/^\d{3}[ -]?/, "")).join(" ");
  return { code: Number(match[1]), enhanced: match[2] ?? null, text };
}

/** `550 5.1.1`: what may be shown and logged. */
export function replyCodes({ code, enhanced }: SmtpReply): string {
  return enhanced === null ? String(code) : `${code} ${enhanced}`;
}
