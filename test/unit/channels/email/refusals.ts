/** Refusals by mail servers, and what they mean: for the table tests of the rules and of the wire. */
import type { SmtpStage } from "../../../../src/channels/email/smtp-reply.ts";
import type { MessageFailure } from "../../../../src/channels/messages/provider-port.ts";

export interface RefusalRow {
  readonly stage: SmtpStage;
  readonly reply: string;
  readonly reason: MessageFailure;
  /** Whether the next server is asked, or the delivery fails at once. */
  readonly where: "at once" | "other servers";
}

const rows = (
  stage: SmtpStage,
  where: RefusalRow["where"],
  reason: MessageFailure,
  replies: readonly string[],
): readonly RefusalRow[] => replies.map((reply) => ({ stage, reply, reason, where }));

export const refusals: readonly RefusalRow[] = [
  ...rows("rcpt", "at once", "invalid_recipient", [
    "550 5.1.1 The email account that you tried to reach does not exist",
    "550 5.1.1 <nobody@example.com>: Recipient address rejected: User unknown in local recipient table",
    "553 5.1.2 We weren't able to find the recipient domain",
    "501 5.1.3 Bad recipient address syntax",
    "550 5.1.6 Mailbox has moved",
    "556 5.1.10 Recipient domain has a null MX",
    "550 5.1.0 Address rejected",
    "550 No such user here",
    "551 User not local",
    "553 Mailbox name not allowed",
    "556 Domain does not accept mail",
  ]),
  ...rows("rcpt", "at once", "not_reachable", [
    "552 5.2.2 Mailbox full",
    "452 4.2.2 The email account that you tried to reach is over quota",
    "450 4.2.1 The user is receiving mail at a rate that prevents delivery",
    "550 5.2.1 The email account that you tried to reach is disabled",
    "550 5.4.1 Recipient address rejected: Access denied",
    "550 5.4.4 Unable to route",
    "550 5.6.7 Non-ASCII addresses not permitted",
    "552 Requested mail action aborted: exceeded storage allocation",
    "521 Host does not accept mail",
  ]),
  ...rows("rcpt", "at once", "blocked", [
    "550 5.7.1 Message rejected due to local policy",
    "554 5.7.1 Service unavailable; client host blocked using a blocklist",
    "554 Denied",
  ]),
  ...rows("rcpt", "other servers", "throttled", [
    "451 4.7.1 Greylisted, please try again in 300 seconds",
    "450 4.7.28 Unusual rate of mail from your address",
    "452 4.3.1 Insufficient system storage",
    "452 4.5.3 Too many recipients",
    "421 4.7.0 Too many messages on this connection",
    "450 Mailbox busy",
    "452 Too many recipients",
    "421 Shutting down",
    "550 5.4.5 <ada@example.com>: Recipient address rejected: Domain Sending Quota Exceeded",
    "450 4.2.1 Peak SMTP relay limit exceeded for customer",
    "550 5.7.1 Daily SMTP relay limit exceeded for user",
    "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
    "550 5.7.233 Your message can't be sent because your tenant exceeded its daily limit",
  ]),
  ...rows("rcpt", "other servers", "rejected", [
    "550 5.7.1 Relaying denied",
    "550 relay not permitted",
    "530 5.7.0 Must issue a STARTTLS command first",
    "550 5.1.8 Sender address rejected: domain not found",
    "503 5.5.1 Bad sequence of commands",
    "500 Command unrecognised",
  ]),
  ...rows("rcpt", "other servers", "provider_down", ["550 5.3.2 System not accepting network messages"]),
  ...rows("mail", "other servers", "rejected", [
    "550 5.7.1 You are not allowed to send as this address",
    "553 5.7.1 Sender address rejected: not owned by user",
    "530 5.7.0 Authentication required",
    "530 Authentication required",
    "550 5.1.8 Bad sender's system address",
    "552 5.3.4 Message size exceeds fixed limit",
    "550 No",
  ]),
  ...rows("mail", "other servers", "throttled", [
    "421 4.3.2 Shutting down",
    "450 4.1.8 Sender domain not found now",
    "550 5.4.5 Daily user sending limit exceeded",
    "452 No",
  ]),
  ...rows("data", "at once", "blocked", [
    "554 5.7.1 Message refused: looks like spam",
    "550 5.7.26 Unauthenticated e-mail is not accepted",
    "554 Transaction failed",
    "550 Refused",
  ]),
  ...rows("data", "at once", "not_reachable", ["552 5.2.2 Over quota", "552 Exceeded storage allocation"]),
  ...rows("data", "at once", "invalid_recipient", ["550 5.1.1 No such user"]),
  ...rows("data", "at once", "rejected", ["554 5.6.0 Message is malformed"]),
  ...rows("data", "other servers", "rejected", [
    "552 5.3.4 Message too big for system",
    "552 5.2.3 Message too long",
    "550 5.7.57 Client not authenticated to send mail",
    "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
  ]),
  ...rows("data", "other servers", "throttled", [
    "451 4.3.0 Try again later",
    "452 4.3.1 Out of storage",
    "421 Closing",
    "550 5.4.5 Daily user sending limit exceeded",
    "550 5.2.251 Sender throttled due to continuous mailbox full errors",
    "550 5.2.252 Sender throttled due to continuous send as denied errors",
    "550 5.2.253 Sender throttled due to continuous invalid license errors",
    "550 5.2.254 Sender throttled due to continuous too many recipients errors",
    "550 5.2.255 Sender throttled due to continuous invalid recipients errors",
    "550 5.7.232 Your message can't be sent because your trial tenant has exceeded its daily limit",
  ]),
  ...rows("auth", "other servers", "rejected", [
    "535 5.7.8 Username and password not accepted",
    "535 Authentication failed",
    "534 5.7.9 Application-specific password required",
  ]),
  ...rows("auth", "other servers", "provider_down", ["454 4.7.0 Temporary authentication failure", "421 Closing"]),
  ...rows("connect", "other servers", "throttled", ["421 4.7.0 Too many connections", "421 Too busy"]),
  ...rows("connect", "other servers", "provider_down", [
    "554 5.7.1 Your address is blocked",
    "554 No SMTP service here",
  ]),
];
