/** One session of the SMTP server: reads commands and messages, replies as the server's options say. */
import type { Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import type { SmtpServerOptions, SmtpStep } from "./smtp-server-port.ts";

/** RFC 5321 § 4.5.3.1.4 asks for 512 octets at least; AUTH needs more. */
const maxLineBytes = 12_288;
const maxMessageBytes = 1_048_576;
const idleTimeoutMs = 60_000;
const endOfMessage = Buffer.from("\r\n.\r\n");

/** What the next line is. */
type Mode = "command" | "message" | "auth_plain" | "auth_user" | "auth_password";

/** The lines of a reply; null: none is sent. */
type Reply = string | null;

export class SmtpServerSession {
  readonly #options: SmtpServerOptions;
  #socket: Socket;
  #mode: Mode = "command";
  #input = Buffer.alloc(0);
  #encrypted = false;
  #authenticated = false;
  #user = "";
  #from: string | null = null;
  #to: string | null = null;
  #parameters: readonly string[] = [];

  constructor(socket: Socket, options: SmtpServerOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  start(): void {
    if (this.#options.security === "tls") this.#encrypt();
    else this.#listen();
    this.#send(this.#step("connect", "", () => "220 standin.invalid ESMTP"));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #listen(): void {
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on("error", () => this.#socket.destroy());
    this.#socket.setTimeout(idleTimeoutMs, () => this.#socket.destroy());
  }

  #encrypt(): void {
    const plain = this.#socket;
    plain.removeAllListeners("data");
    // What came in the clear is dropped (RFC 3207 § 4.2).
    this.#input = Buffer.alloc(0);
    this.#socket = new TLSSocket(plain, { isServer: true, secureContext: createSecureContext(this.#options.tls) });
    this.#encrypted = true;
    this.#listen();
  }

  #receive(chunk: Buffer): void {
    this.#input = Buffer.concat([this.#input, chunk]);
    const most = this.#mode === "message" ? maxMessageBytes : maxLineBytes;
    while (this.#mode === "message" ? this.#takeMessage() : this.#takeLine());
    if (this.#input.length > most) this.destroy();
  }

  #takeLine(): boolean {
    const end = this.#input.indexOf("\n");
    if (end === -1 || this.#socket.destroyed) return false;
    const line = this.#input.subarray(0, end).toString("utf8").replace(/\r$/, "");
    this.#input = this.#input.subarray(end + 1);
    this.#send(this.#mode === "command" ? this.#command(line) : this.#credentials(line));
    return true;
  }

  #takeMessage(): boolean {
    // The line break before the dot may be the one that ended DATA.
    const end = this.#input.subarray(0, 3).equals(endOfMessage.subarray(2)) ? -2 : this.#input.indexOf(endOfMessage);
    if (end === -1 || this.#socket.destroyed) return false;
    const stuffed = this.#input.subarray(0, end + 2).toString("latin1");
    this.#input = this.#input.subarray(end + endOfMessage.length);
    const mail = {
      from: this.#from ?? "",
      to: this.#to ?? "",
      raw: Buffer.from(stuffed.replace(/^\.\./gm, "."), "latin1"),
      encrypted: this.#encrypted,
      authenticated: this.#authenticated,
      parameters: this.#parameters,
    };
    this.#mode = "command";
    this.#reset();
    this.#send(
      this.#step(
        "end",
        mail.to,
        () => "250 2.0.0 queued",
        () => this.#options.onMail(mail),
      ),
    );
    return true;
  }

  #command(line: string): Reply {
    const [, verb = "", rest = ""] = /^(\S*)\s*(.*)$/.exec(line) ?? [];
    switch (verb.toUpperCase()) {
      case "EHLO":
        return this.#extensions();
      case "HELO":
        return "250 standin.invalid";
      case "STARTTLS":
        return this.#startTls();
      case "AUTH":
        return this.#auth(rest);
      case "MAIL":
        return this.#mail(rest);
      case "RCPT":
        return this.#rcpt(rest);
      case "DATA":
        return this.#data();
      case "RSET":
        this.#reset();
        return "250 2.0.0 reset";
      case "NOOP":
        return "250 2.0.0 ok";
      case "QUIT":
        this.#socket.end("221 2.0.0 bye\r\n");
        return null;
      default:
        return "502 5.5.1 command not implemented";
    }
  }

  #reset(): void {
    this.#from = null;
    this.#to = null;
  }

  #extensions(): Reply {
    const { security, login, smtpUtf8 } = this.#options;
    const offered = [
      "standin.invalid",
      "PIPELINING",
      "8BITMIME",
      "ENHANCEDSTATUSCODES",
      `SIZE ${maxMessageBytes}`,
      ...(smtpUtf8 ? ["SMTPUTF8"] : []),
      ...(security === "starttls" && !this.#encrypted ? ["STARTTLS"] : []),
      ...(login !== undefined && (security === "plain" || this.#encrypted) ? ["AUTH PLAIN LOGIN"] : []),
    ];
    return offered.map((name, index) => `250${index === offered.length - 1 ? " " : "-"}${name}`).join("\r\n");
  }

  #startTls(): Reply {
    if (this.#options.security !== "starttls" || this.#encrypted) return "502 5.5.1 not offered";
    this.#send("220 2.0.0 go ahead");
    this.#encrypt();
    return null;
  }

  #auth(rest: string): Reply {
    if (this.#options.login === undefined) return "502 5.5.1 not offered";
    const [method = "", initial = ""] = rest.split(" ");
    if (method.toUpperCase() === "LOGIN") {
      this.#mode = "auth_user";
      return "334 VXNlcm5hbWU6";
    }
    if (method.toUpperCase() !== "PLAIN") return "504 5.5.4 unknown mechanism";
    this.#mode = "auth_plain";
    return initial === "" ? "334 " : this.#credentials(initial);
  }

  #credentials(line: string): Reply {
    const given = Buffer.from(line, "base64").toString("utf8");
    if (this.#mode === "auth_user") {
      this.#user = given;
      this.#mode = "auth_password";
      return "334 UGFzc3dvcmQ6";
    }
    const [user, password] = this.#mode === "auth_plain" ? given.split("\0").slice(1) : [this.#user, given];
    this.#mode = "command";
    return this.#step("auth", "", () => {
      const { login } = this.#options;
      this.#authenticated = user === login?.user && password === login?.password;
      return this.#authenticated ? "235 2.7.0 welcome" : "535 5.7.8 authentication failed";
    });
  }

  #mail(rest: string): Reply {
    const [path, from = "", parameters = ""] = /^FROM:\s*<([^<>]*)>\s*(.*)$/i.exec(rest) ?? [];
    if (path === undefined) return "501 5.5.4 syntax: MAIL FROM:<address>";
    if (this.#options.login !== undefined && !this.#authenticated) return "530 5.7.0 authentication required";
    return this.#step("mail", from, () => {
      this.#from = from;
      this.#parameters = parameters.split(" ").filter((parameter) => parameter !== "");
      return "250 2.1.0 ok";
    });
  }

  #rcpt(rest: string): Reply {
    const to = /^TO:\s*<([^<>]+)>/i.exec(rest)?.[1];
    if (to === undefined) return "501 5.5.4 syntax: RCPT TO:<address>";
    if (this.#from === null) return "503 5.5.1 MAIL first";
    if (this.#to !== null) return "452 4.5.3 one recipient at a time";
    return this.#step("rcpt", to, () => {
      this.#to = to;
      return "250 2.1.5 ok";
    });
  }

  #data(): Reply {
    if (this.#to === null) return "503 5.5.1 RCPT first";
    return this.#step("data", this.#to, () => {
      this.#mode = "message";
      return "354 end with a dot on a line of its own";
    });
  }

  /** @param take hands over the message, where it is taken */
  #step(step: SmtpStep, address: string, proceed: () => string, take: () => void = () => undefined): Reply {
    const answer = this.#options.answer(step, address);
    if (answer === null || answer.taken) take();
    switch (answer?.kind) {
      case undefined:
        return proceed();
      case "reply":
        if (!answer.close) return answer.text;
        this.#socket.end(`${answer.text}\r\n`);
        return null;
      case "close":
        this.destroy();
        return null;
      case "silence":
        return null;
    }
  }

  #send(reply: Reply): void {
    if (reply !== null && this.#socket.writable) this.#socket.write(`${reply}\r\n`);
  }
}
