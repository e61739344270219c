/**
 * One authenticated SMTP session on nodemailer's connection. It reports where a message was lost: nodemailer's own pool
 * sends a message again whose connection closed after the server may have taken it, so the pool here is our own.
 */
import net from "node:net";
import { Readable } from "node:stream";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import type { Clock } from "../../shared/clock.ts";
import { type EmailServerConfig, portOf } from "./config.ts";
import { parseReply, type SmtpReply, type SmtpStage } from "./smtp-reply.ts";

export interface SessionOptions {
  readonly server: EmailServerConfig;
  /** Our name in EHLO; undefined: the machine's. */
  readonly clientName: string | undefined;
  /** Longest silence while a reply is awaited, and of a session that is not used. */
  readonly replyTimeoutMs: number;
  readonly clock: Clock;
}

export interface Envelope {
  readonly from: string;
  readonly to: string;
}

/** Why no session came about. The message holds no recipient and no password. */
export class SessionError extends Error {
  readonly stage: "connect" | "auth";
  readonly reply: SmtpReply | null;

  constructor(stage: "connect" | "auth", why: string, reply: SmtpReply | null) {
    super(why);
    this.name = "SessionError";
    this.stage = stage;
    this.reply = reply;
  }
}

export type SendResult =
  | { readonly kind: "taken"; readonly reply: SmtpReply | null }
  | { readonly kind: "refused"; readonly stage: SmtpStage; readonly reply: SmtpReply }
  /** The connection ended, or no reply came. `began`: after DATA was accepted, so the server may have the message. */
  | { readonly kind: "lost"; readonly began: boolean; readonly why: string };

export interface SmtpSession {
  /** Whether the server offers SMTPUTF8 (RFC 6531). */
  readonly utf8: boolean;
  /** Messages sent so far. */
  readonly sent: number;
  /** False once the connection has ended, or after anything but `taken`. */
  readonly usable: boolean;
  /** Sends one message, one at a time. Never rejects; answers within `limitMs`. */
  send(envelope: Envelope, message: Buffer, limitMs: number): Promise<SendResult>;
  /** Says QUIT where the session is idle, and closes. */
  close(): void;
}

/**
 * Connects, encrypts, logs in.
 * @param limitMs deadline of all of it
 * @throws {SessionError}
 */
export function openSession(options: SessionOptions, limitMs: number): Promise<SmtpSession> {
  const { server, clock } = options;
  // Our own socket: nodemailer only half-closes, and a server that does not close its half would keep it for ever.
  const socket = net.connect({ host: server.host.replace(/^\[(.*)\]$/, "$1"), port: portOf(server) });
  return new Promise((resolve, reject) => {
    let stage: "connect" | "auth" = "connect";
    let settled = false;
    const settle = (act: () => void) => {
      if (settled) return;
      settled = true;
      cancel();
      act();
    };
    const fail = (why: string, reply: SmtpReply | null) =>
      settle(() => {
        socket.destroy();
        reject(new SessionError(stage, why, reply));
      });
    const onError = (error: SmtpError) => fail(wordsOf(error), replyOf(error));
    const cancel = clock.after(limitMs, () => fail(`not connected within ${limitMs} ms`, null));
    socket.on("error", onError);
    socket.once("connect", () => {
      if (settled) return;
      const connection = new SMTPConnection(connectionOptions(options, socket));
      const session = new Session(connection, socket, options);
      connection.once("error", onError);
      connection.once("end", () => fail("the server closed the connection", null));
      connection.connect((error) => {
        if (error) return onError(error);
        const { user, password } = server;
        if (user === undefined || password === undefined) return settle(() => resolve(session));
        stage = "auth";
        if (!connection.allowsAuth) return fail("the server offers no AUTH after EHLO", null);
        connection.login({ user, credentials: { user, pass: password } }, (refused) =>
          refused ? onError(refused) : settle(() => resolve(session)),
        );
      });
    });
  });
}

class Session implements SmtpSession {
  sent = 0;
  readonly #connection: SMTPConnection;
  readonly #socket: net.Socket;
  readonly #clock: Clock;
  #ended = false;
  #lost: ((why: string) => void) | null = null;

  constructor(connection: SMTPConnection, socket: net.Socket, { clock }: SessionOptions) {
    this.#connection = connection;
    this.#socket = socket;
    this.#clock = clock;
    connection.on("error", (error: SmtpError) => this.#end(wordsWithoutReply(error)));
    // A refusal that ends the connection (421) comes after its end.
    connection.on("end", () => void setImmediate(() => this.#end("the server closed the connection")));
  }

  get usable(): boolean {
    return !this.#ended;
  }

  get utf8(): boolean {
    return offers(this.#connection, "SMTPUTF8");
  }

  send(envelope: Envelope, message: Buffer, limitMs: number): Promise<SendResult> {
    if (this.#ended) return Promise.resolve({ kind: "lost", began: false, why: "the connection has ended" });
    this.sent += 1;
    return new Promise((resolve) => {
      let began = false;
      const settle = (result: SendResult) => {
        cancel();
        this.#lost = null;
        // After a refusal RSET would be one more round trip that may fail.
        if (result.kind === "refused") this.close();
        if (result.kind === "lost") this.#destroy();
        resolve(result);
      };
      this.#lost = (why) => settle({ kind: "lost", began, why });
      const cancel = this.#clock.after(limitMs, () => this.#lost?.(`no answer within ${limitMs} ms`));
      // It is read when DATA was accepted; after a refusal too, but then the callback has been called before.
      const content = new Readable({
        read() {
          began = true;
          this.push(message);
          this.push(null);
        },
      });
      this.#connection.send(
        { from: envelope.from, to: [envelope.to], size: message.length },
        content,
        (error, info) => {
          if (this.#lost === null) return;
          if (!error) return settle({ kind: "taken", reply: parseReply(info.response) });
          const reply = replyOf(error);
          // A reply that is neither a yes nor a no leaves open what the server did.
          if (reply === null || reply.code < 400) return this.#lost(wordsWithoutReply(error));
          settle({ kind: "refused", stage: stageOf(error), reply });
        },
      );
    });
  }

  close(): void {
    if (this.#ended) return;
    if (this.#lost !== null) {
      this.#lost("closed while sending");
      return;
    }
    this.#ended = true;
    this.#connection.quit();
    const cancel = this.#clock.after(quitMs, () => this.#socket.destroy());
    this.#socket.once("close", cancel);
  }

  #destroy(): void {
    this.#ended = true;
    this.#connection.close();
    this.#socket.destroy();
  }

  #end(why: string): void {
    this.#ended = true;
    if (this.#lost === null) this.#socket.destroy();
    this.#lost?.(why);
  }
}

/** EHLO lists some twenty extensions, in about 1 KB. */
const maxReplyBytes = 65_536;

/** A server in reach answers QUIT at once. */
const quitMs = 1000;

function connectionOptions({ server, clientName, replyTimeoutMs }: SessionOptions, socket: net.Socket) {
  return {
    connection: socket,
    host: server.host,
    secure: server.security === "tls",
    requireTLS: server.security === "starttls",
    ignoreTLS: server.security === "plain",
    tls: { minVersion: "TLSv1.2" as const, ...(server.ca !== undefined && { ca: server.ca }) },
    ...(clientName !== undefined && { name: clientName }),
    greetingTimeout: replyTimeoutMs,
    socketTimeout: replyTimeoutMs,
    maxResponseSize: maxReplyBytes,
    logger: false,
  };
}

interface SmtpError extends Error {
  readonly response?: string | undefined;
  readonly command?: string | undefined;
}

function replyOf({ response, message, command }: SmtpError): SmtpReply | null {
  if (response !== undefined) return parseReply(response);
  // Larger than the SIZE that the server offered: nodemailer does not even ask.
  return command === "MAIL FROM" ? { code: 552, enhanced: "5.3.4", text: message } : null;
}

function stageOf({ command = "" }: SmtpError): SmtpStage {
  if (command === "MAIL FROM") return "mail";
  return command === "RCPT TO" ? "rcpt" : "data";
}

/** For operators: why there is no session. */
function wordsOf(error: Error): string {
  return error.message.split("\n")[0]?.slice(0, 200) ?? "";
}

/** While messages are sent: what a server says then may quote the recipient. */
function wordsWithoutReply(error: SmtpError): string {
  return error.response === undefined ? wordsOf(error) : wordsOf(new Error(error.message.replace(error.response, "…")));
}

/** nodemailer keeps the extensions to itself, and would send non-ASCII addresses to servers that do not take them. */
function offers(connection: SMTPConnection, extension: string): boolean {
  const { _supportedExtensions: extensions } = connection as unknown as { _supportedExtensions?: readonly string[] };
  return extensions?.includes(extension) ?? false;
}
