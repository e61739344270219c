/**
 * Sends messages by the configured mail servers, in their order. A server that is down, full or refuses for the time being
 * is passed over; after a server may have taken a message, no other gets it. There are no receipts: `sent` means that a
 * mail server took it. Bounces (DSNs, RFC 3464) go to `bounces_to` and are not read.
 */
import type { Logger } from "pino";
import { type Clock, steadyClock, stopwatch } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { Refusal } from "../../shared/refusal.ts";
import type {
  MessageFailure,
  MessageProvider,
  MessageReport,
  MessageReservation,
  MessageResult,
  OutgoingMessage,
} from "../messages/provider-port.ts";
import { needsSmtpUtf8, readAddress } from "./address.ts";
import { createComposer } from "./compose.ts";
import type { EmailConfig } from "./config.ts";
import { readDkimKey } from "./dkim-key.ts";
import { createMailServer, type MailServer, type TryResult } from "./mail-server.ts";
import { createPlaces } from "./places.ts";
import { judge, replyCodes } from "./smtp-reply.ts";

export interface EmailParts {
  readonly config: EmailConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What the API shows of a delivery. */
const resultOf = (server: string | null, smtpReply: string | null): MessageResult => ({
  server,
  smtp_reply: smtpReply,
});

const failed = (reason: MessageFailure, result: MessageResult): MessageReport => ({ state: "failed", reason, result });

/** A configuration that passed its checks. @throws {TypeError} where one did not */
export function createEmailProvider({ config, clock, random, logger: parent }: EmailParts): MessageProvider {
  const logger = parent.child({ part: "email" });
  const compose = createComposer({
    from: canonical(config.from),
    fromName: config.from_name ?? null,
    dkim: config.dkim === undefined ? null : { ...config.dkim, key: keyOf(config.dkim.private_key) },
    clock,
  });
  const bouncesTo = canonical(config.bounces_to ?? config.from);
  const servers = config.servers.map((server) =>
    createMailServer({
      server,
      clientName: config.client_name,
      connectTimeoutMs: config.connect_timeout_ms,
      replyTimeoutMs: config.reply_timeout_ms,
      clock,
      random,
      logger,
      onChange: () => places.wake(),
    }),
  );
  const steady = steadyClock(clock);
  const places = createPlaces({ servers, clock, maxWaitMs: config.max_wait_ms });
  let inProgress = 0;
  /** Of the newest message that a server took. */
  let usualReply = "250 2.0.0";
  let onIdle: (() => void) | null = null;

  /** Null: none of them had a place in time, or they are down. */
  const free = (among: ReadonlySet<MailServer>, limitMs: number) =>
    places.reserve((server) => among.has(server), limitMs).catch(() => null);

  /**
   * In turn by the reserved server and the others, until one has answered for good. Where none takes it, and some refused only
   * a further connection, it waits for one of the connections that these have.
   */
  async function deliver(reserved: MailServer, message: OutgoingMessage): Promise<MessageReport> {
    const untilMs = steady.nowMs() + config.submit_timeout_ms;
    const passedMs = stopwatch(clock);
    const envelope = { from: bouncesTo, to: message.to };
    let last: MessageReport = failed("provider_down", resultOf(null, null));
    let held: MailServer | null = reserved;
    try {
      const bytes = await compose(message);
      for (let first: MailServer | null = reserved; first !== null; first = held) {
        const full = new Set<MailServer>();
        for (const server of [first, ...servers.filter((other) => other !== first)]) {
          if (passedMs() >= config.submit_timeout_ms) return last;
          if (server !== held && server.take() !== true) continue;
          held = server;
          const result = await server.send(envelope, bytes, needsSmtpUtf8(message.to), untilMs);
          const { report, elsewhere } = reportOf(server.name, result);
          const reply = report.state === "sent" ? report.result?.smtp_reply : undefined;
          if (typeof reply === "string") usualReply = reply;
          if (!elsewhere) return report;
          last = report;
          if (result.kind === "full") full.add(server);
          server.release();
          held = null;
        }
        if (full.size > 0) held = await free(full, untilMs - steady.nowMs());
      }
    } finally {
      // Also of a message that cannot be composed: it must not keep its connection's place from others.
      held?.release();
    }
    return last;
  }

  async function submit(reserved: MailServer, message: OutgoingMessage): Promise<MessageReport> {
    inProgress += 1;
    try {
      const report = await deliver(reserved, message);
      if (report.state === "failed") {
        logger.info({ app: message.app, reason: report.reason, ...report.result }, "sending an e-mail failed");
      }
      return report;
    } catch (error) {
      // Of composing; its message could quote what was composed.
      logger.error(
        { app: message.app, kind: error instanceof Error ? error.name : "unknown" },
        "an e-mail could not be composed",
      );
      return failed("rejected", resultOf(null, null));
    } finally {
      inProgress -= 1;
      if (inProgress === 0) onIdle?.();
    }
  }

  return {
    submitLimitMs: config.submit_timeout_ms,

    priceOf: () => config.price ?? null,
    async reserve({ to }): Promise<MessageReservation> {
      const needsUtf8 = needsSmtpUtf8(to);
      if (needsUtf8 && servers.every((server) => server.offersUtf8() === false)) {
        const detail =
          "`to` has characters outside ASCII before the @, and no mail server of this gateway takes such addresses (SMTPUTF8).";
        throw new Refusal("invalid_request", detail);
      }
      const server = await places.reserve(needsUtf8 ? (candidate) => candidate.offersUtf8() !== false : null);
      return {
        details: resultOf(server.name, null),
        cost: config.price ?? null,
        submit: async (message) => ({ report: await submit(server, message), receiptId: null }),
        release: () => server.release(),
      };
    },

    preview() {
      const server = servers.find((one) => one.isUp()) ?? servers[0];
      const name = server?.name ?? null;
      const sent = resultOf(name, usualReply);
      return { details: resultOf(name, null), cost: config.price ?? null, sent, receipts: false };
    },

    onReceipt: () => undefined,

    health: () => ({
      up: servers.some((server) => server.isUp()),
      detail: servers.map((server) => server.describe()).join("; "),
    }),

    start: async () => void (await Promise.all(servers.map((server) => server.start()))),

    async stop(graceMs) {
      places.stop();
      for (const server of servers) server.stop();
      if (inProgress === 0) return;
      await new Promise<void>((resolve) => {
        const cancel = clock.after(graceMs, resolve);
        onIdle = () => {
          cancel();
          resolve();
        };
      });
    },
  };
}

function reportOf(server: string, result: TryResult): { readonly report: MessageReport; readonly elsewhere: boolean } {
  switch (result.kind) {
    case "taken":
      return {
        report: { state: "sent", result: resultOf(server, result.reply && replyCodes(result.reply)) },
        elsewhere: false,
      };
    case "unknown":
      return { report: failed("unknown_result", resultOf(server, null)), elsewhere: false };
    case "not_sent":
      return { report: failed("provider_down", resultOf(server, null)), elsewhere: true };
    case "no_utf8":
      return { report: failed("not_reachable", resultOf(server, null)), elsewhere: true };
    case "full":
    case "refused": {
      const { reason, elsewhere } = judge(result.stage, result.reply);
      return { report: failed(reason, resultOf(server, replyCodes(result.reply))), elsewhere };
    }
  }
}

function canonical(address: string): string {
  const read = readAddress(address);
  if ("problem" in read) throw new TypeError(`email: a sender address ${read.problem}`);
  return read.to;
}

function keyOf(pem: string) {
  const read = readDkimKey(pem);
  if ("expected" in read) throw new TypeError(`email.dkim.private_key: expected ${read.expected}`);
  return read.key;
}
