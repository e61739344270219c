/**
 * One mail server: its sessions, its limits of connections and rate, and whether it is up. A server that cannot be reached
 * or does not log us in is down; it is tried again in the background, and gets messages once that worked. One that refuses
 * a connection for the time being while others are open is up, and gets no more of them for a while. One that got no message
 * for a minute is tried too, so that its end is noticed before a person waits for a code.
 */
import type { Logger } from "pino";
import { backoffMs } from "../../shared/backoff.ts";
import { type Clock, steadyClock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import type { EmailServerConfig } from "./config.ts";
import { createConnectionLimit } from "./connection-limit.ts";
import { createRateLimit } from "./rate-limit.ts";
import type { SmtpReply, SmtpStage } from "./smtp-reply.ts";
import { type Envelope, openSession, SessionError, type SmtpSession } from "./smtp-session.ts";

/** Many servers close a session after some hundred messages; a new one costs one handshake. */
const maxMessagesPerSession = 100;
/** An unused session is closed after this time, or half of the reply time-out: servers count open ones. */
const idleMs = 5000;
const probeBackoff = { firstMs: 1000, longestMs: 30_000 };
const recheckMs = 60_000;

export interface MailServerParts {
  readonly server: EmailServerConfig;
  readonly clientName: string | undefined;
  readonly connectTimeoutMs: number;
  readonly replyTimeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** A place may be free, or the server is up again. */
  readonly onChange: () => void;
}

/** What became of one try. */
export type TryResult =
  | { readonly kind: "taken"; readonly reply: SmtpReply | null }
  /** `full`: it refused one more connection, and those that are open go on. */
  | { readonly kind: "refused" | "full"; readonly stage: SmtpStage; readonly reply: SmtpReply }
  /** The server surely does not have it. */
  | { readonly kind: "not_sent" }
  | { readonly kind: "no_utf8" }
  /** It may have it. */
  | { readonly kind: "unknown" };

export type MailServer = ReturnType<typeof createMailServer>;

export function createMailServer(parts: MailServerParts) {
  const { server, connectTimeoutMs } = parts;
  const clock = steadyClock(parts.clock);
  const logger = parts.logger.child({ server: server.name });
  const rate = createRateLimit(server.messages_per_second);
  const idle: { session: SmtpSession; cancel: () => void }[] = [];
  const limit = createConnectionLimit(server.max_connections, clock, parts.random);
  /** Places taken; of these, sessions that are being opened, and that send. */
  let inUse = 0;
  let opening = 0;
  let sending = 0;
  let down: { why: string; failures: number } | null = null;
  let cancelProbe: (() => void) | null = null;
  let utf8: boolean | null = null;
  let stopped = false;
  let goodAtMs = Number.NEGATIVE_INFINITY;

  const openSessions = () => sending + idle.filter(({ session }) => session.usable).length;

  async function open(limitMs: number): Promise<SmtpSession> {
    opening += 1;
    try {
      const session = await openSession(parts, Math.min(limitMs, connectTimeoutMs));
      utf8 = session.utf8;
      if (down !== null) logger.info("the mail server is up again");
      down = null;
      limit.opened(openSessions() + 1);
      markGood();
      return session;
    } catch (error) {
      const others = openSessions() + opening - 1;
      if (down === null && others > 0 && isTemporary(error)) markFull(others, error);
      else markDown(error);
      throw error;
    } finally {
      opening -= 1;
    }
  }

  function markFull(others: number, { message: reason }: Error): void {
    const isNews = limit.refused(others);
    if (isNews)
      logger.warn(
        { reason, connections: others },
        "the mail server refused one more connection, and those that are open go on: lower max_connections to what it allows",
      );
    if (cancelProbe === null) probeAfter(recheckMs);
  }

  function markDown(error: unknown): void {
    // Attempts that were under way together fail together: that is one failure, and the next try is set.
    if (down !== null && cancelProbe !== null) return;
    // What a server says to a connection or a login knows no recipient.
    const why = error instanceof Error ? error.message : String(error);
    if (down === null && !stopped) logger.warn({ reason: why }, "the mail server is down");
    down = { why, failures: (down?.failures ?? 0) + 1 };
    probeAfter(backoffMs(down.failures, parts.random, probeBackoff));
  }

  function markGood(): void {
    goodAtMs = clock.nowMs();
    if (cancelProbe === null) probeAfter(recheckMs);
  }

  function probeAfter(delayMs: number): void {
    cancelProbe?.();
    cancelProbe = stopped ? null : clock.after(delayMs, () => void probe());
  }

  /** Never rejects. */
  async function probe(): Promise<void> {
    cancelProbe = null;
    const leftMs = goodAtMs + recheckMs - clock.nowMs();
    if (down === null && leftMs > 0) {
      probeAfter(leftMs);
      return;
    }
    try {
      keep(await open(connectTimeoutMs));
      parts.onChange();
    } catch {
      // Logged when it went down; the next try is set.
    }
  }

  function keep(session: SmtpSession): void {
    if (stopped || !session.usable || session.sent >= maxMessagesPerSession) {
      session.close();
      return;
    }
    const entry = { session, cancel: clock.after(Math.min(idleMs, parts.replyTimeoutMs / 2), () => drop()) };
    const drop = () => {
      idle.splice(idle.indexOf(entry), 1);
      session.close();
    };
    idle.push(entry);
  }

  function takeIdle(): SmtpSession | null {
    for (let entry = idle.pop(); entry !== undefined; entry = idle.pop()) {
      entry.cancel();
      if (entry.session.usable) return entry.session;
    }
    return null;
  }

  async function sendOnce(
    envelope: Envelope,
    message: Buffer,
    needsUtf8: boolean,
    untilMs: number,
  ): Promise<TryResult> {
    for (;;) {
      const kept = takeIdle();
      const session = kept ?? (await open(Math.max(1, untilMs - clock.nowMs())));
      if (needsUtf8 && !session.utf8) {
        keep(session);
        return { kind: "no_utf8" };
      }
      sending += 1;
      const result = await session.send(envelope, message, Math.max(1, untilMs - clock.nowMs()));
      sending -= 1;
      if (result.kind === "taken") {
        goodAtMs = clock.nowMs();
        keep(session);
      }
      if (result.kind !== "lost") return result;
      logger.warn({ reason: result.why, began: result.began }, "the connection was lost while a message was sent");
      if (result.began) return { kind: "unknown" };
      // The server had closed the kept session meanwhile: a new one shows whether it is up.
      if (kept === null) {
        markDown(new Error(result.why));
        return { kind: "not_sent" };
      }
    }
  }

  return {
    name: server.name,
    /** Null: not known, it was not reached yet. */
    offersUtf8: () => utf8,
    isUp: () => down === null,
    describe: () =>
      down === null
        ? `${server.name}: ${inUse} of ${server.max_connections} connections in use`
        : `${server.name}: ${down.why}`,

    /** Takes a place for one message; a number: none is free, one may be after that many ms; null: it is down. */
    take(): true | number | null {
      if (down !== null || stopped) return null;
      const fullMs = limit.waitMs(inUse);
      if (fullMs > 0) return fullMs;
      const waitMs = rate.take(clock.nowMs());
      if (waitMs > 0) return waitMs;
      inUse += 1;
      return true;
    },

    /** Gives back the place. */
    release(): void {
      inUse -= 1;
      parts.onChange();
    },

    /** Sends one message in a place that was taken. Never rejects. */
    async send(envelope: Envelope, message: Buffer, needsUtf8: boolean, untilMs: number): Promise<TryResult> {
      try {
        return await sendOnce(envelope, message, needsUtf8, untilMs);
      } catch (error) {
        if (!(error instanceof SessionError) || error.reply === null) return { kind: "not_sent" };
        return { kind: down === null ? "full" : "refused", stage: error.stage, reply: error.reply };
      }
    },

    /** Tries to connect once. Never rejects. */
    start: probe,

    /** Closes what is not in use; sessions in use end with their message. */
    stop(): void {
      stopped = true;
      cancelProbe?.();
      for (const { session, cancel } of idle.splice(0)) {
        cancel();
        session.close();
      }
    },
  };
}

/** What it says of one connection or login by 4yz, another one beside it may be spared. */
const isTemporary = (error: unknown): error is SessionError =>
  error instanceof SessionError && error.reply !== null && Math.floor(error.reply.code / 100) === 4;
