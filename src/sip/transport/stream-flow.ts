/** A TCP or TLS connection: framing, joined writes, keep-alives, and the reasons to give it up. */
import type { Socket } from "node:net";
import { createStreamFraming } from "../framing.ts";
import type { ParsedMessage } from "../message.ts";
import type { FlowContext, Flushable } from "./context.ts";
import type { ConnectionRules, Flow, SocketAddress } from "./port.ts";
import { closedByFarEnd, textOf } from "./tls-failure.ts";

export interface StreamFlowSettings {
  readonly protocol: "tcp" | "tls";
  readonly remote: SocketAddress;
  readonly sentBy: string;
  readonly inbound: boolean;
  readonly rules?: ConnectionRules | undefined;
  readonly certificateNames?: readonly string[];
  readonly certificateExpiresAtMs?: number | undefined;
}

const ping = "\r\n\r\n";
const pong = "\r\n";
/** For the far end to take what is queued, once a connection is being closed. */
const lingerMs = 1000;

export class StreamFlow implements Flow, Flushable {
  readonly protocol: "tcp" | "tls";
  readonly reliable = true;
  readonly remote: SocketAddress;
  readonly sentBy: string;
  readonly inbound: boolean;
  readonly certificateNames: readonly string[];
  readonly certificateExpiresAtMs: number | undefined;
  /** Name of the rules that it was opened by. */
  readonly rulesName: string | undefined;
  open = true;
  closedBecause: string | null = null;
  readonly #socket: Socket;
  readonly #context: FlowContext;
  readonly #framing: ReturnType<typeof createStreamFraming>;
  readonly #pingMs: number;
  /** Of this turn of the event loop. */
  #unsent = "";
  /** When something came last; at first when it was opened. */
  readAtMs: number;
  /** Since when a message is incomplete, a request or a ping has no answer of any kind, and no byte is taken. */
  #incompleteSinceMs: number | null = null;
  #requestAtMs: number | null = null;
  #pingAtMs: number | null = null;
  #stalledSinceMs: number | null = null;
  #taken = 0;

  constructor(socket: Socket, settings: StreamFlowSettings, context: FlowContext) {
    this.protocol = settings.protocol;
    this.remote = settings.remote;
    this.sentBy = settings.sentBy;
    this.inbound = settings.inbound;
    this.certificateNames = settings.certificateNames ?? [];
    this.certificateExpiresAtMs = settings.certificateExpiresAtMs;
    this.rulesName = settings.rules?.name;
    this.#pingMs = (settings.rules?.pingSeconds ?? 0) * 1000;
    this.#socket = socket;
    this.#context = context;
    this.readAtMs = context.nowMs();
    this.#framing = createStreamFraming(
      {
        message: (message, head) => this.#message(message, head),
        ping: () => this.#write(pong),
        malformed: () => {
          context.counters.malformed += 1;
        },
      },
      context.limits.messageBytes,
    );
    let error = "";
    socket.on("error", (thrown) => {
      error = textOf(thrown);
    });
    // The far end will send nothing more. A connection that is half open is of no use: requests would have no answer.
    socket.on("end", () => this.close(error || closedByFarEnd));
    socket.on("close", () => this.#closed(error || "closed"));
  }

  send(message: string): boolean {
    if (!this.open) return false;
    if (!this.#write(message)) return false;
    if (this.#requestAtMs === null && expectsAnswer(message)) this.#requestAtMs = this.#context.nowMs();
    this.#context.sent(message, this);
    return true;
  }

  /** Reads bytes of the socket, and keeps none of them. */
  read(chunk: Buffer) {
    if (!this.open) return;
    this.readAtMs = this.#context.nowMs();
    this.#requestAtMs = null;
    this.#pingAtMs = null;
    let error: string | null;
    try {
      error = this.#framing.push(chunk);
    } catch (thrown) {
      // What was read of the chunk is not known.
      this.abort("a message could not be handled");
      this.#context.failed(thrown);
      return;
    }
    if (error !== null && this.open) {
      this.#context.counters.malformed += 1;
      this.abort(error);
    }
    if (!this.#framing.waiting) this.#incompleteSinceMs = null;
    else this.#incompleteSinceMs ??= this.readAtMs;
  }

  flush() {
    const text = this.#unsent;
    this.#unsent = "";
    if (text !== "" && this.#socket.writable) this.#socket.write(text, "latin1");
  }

  async closeIfSilentSince(sinceMs: number): Promise<boolean> {
    // Timers come before what there is to read.
    await new Promise<void>((resolve) => void setImmediate(resolve));
    if (!this.open || this.readAtMs >= sinceMs) return false;
    this.#dead("no answer to a CANCEL or INVITE");
    return true;
  }

  /** Looks for what takes too long, about once a second. */
  tick(nowMs: number) {
    if (!this.open) return;
    const { limits } = this.#context;
    const exceeds = (sinceMs: number | null, ms: number) => sinceMs !== null && nowMs - sinceMs >= ms;
    this.#watchWrites(nowMs);
    if (exceeds(this.#stalledSinceMs, limits.stalledMs)) this.#dead("the far end does not read");
    else if (exceeds(this.#pingAtMs, limits.pongMs)) this.#dead("no answer to a ping");
    else if (exceeds(this.#requestAtMs, limits.silentMs)) this.#dead("no answer to a request");
    else if (exceeds(this.#incompleteSinceMs, limits.messageMs)) this.abort("a message that does not end");
    else if (this.inbound && exceeds(this.readAtMs, limits.idleMs)) this.close("idle");
    else if (this.#pingMs > 0 && this.#pingAtMs === null && exceeds(this.readAtMs, this.#pingMs)) this.#ping(nowMs);
  }

  /** Writes what is queued and closes; the far end has a moment to take it. */
  close(reason: string) {
    if (!this.open) return;
    this.#context.beforeWrite();
    this.flush();
    this.#closed(reason);
    const timer = setTimeout(() => this.#socket.destroy(), lingerMs);
    this.#socket.once("close", () => clearTimeout(timer));
    this.#socket.end();
  }

  /** Closes it. Resolves once nothing is left of it. */
  async stop() {
    this.close("stopped");
    if (!this.#socket.closed) await new Promise((resolve) => this.#socket.once("close", resolve));
  }

  /** Closes at once: what is queued is lost. */
  abort(reason: string) {
    this.#closed(reason);
    this.#socket.destroy();
  }

  #closed(reason: string) {
    if (!this.open) return;
    this.open = false;
    this.closedBecause = reason;
    this.#unsent = "";
    this.#framing.stop();
    this.#context.closed(this, reason);
  }

  #dead(reason: string) {
    this.#context.counters.deadFlows += 1;
    this.abort(reason);
  }

  #message(message: ParsedMessage, head: string) {
    const { observer } = this.#context;
    this.#incompleteSinceMs = null;
    if (observer !== null) observer("in", `${head}\r\n${message.rest}`, this, this.readAtMs);
    this.#context.received(message, this, this.readAtMs);
  }

  #ping(nowMs: number) {
    if (!this.#write(ping)) return;
    this.#framing.expectPong();
    this.#pingAtMs = nowMs;
  }

  #write(text: string): boolean {
    const queued = this.#unsent.length + this.#socket.writableLength;
    if (queued + text.length > this.#context.limits.bufferedBytes) {
      this.#dead("the far end does not read");
      return false;
    }
    if (this.#unsent === "") this.#context.flushLater(this);
    this.#unsent += text;
    return true;
  }

  #watchWrites(nowMs: number) {
    const queued = this.#socket.writableLength;
    const taken = this.#socket.bytesWritten - queued;
    if (queued === 0 || taken !== this.#taken) this.#stalledSinceMs = null;
    else this.#stalledSinceMs ??= nowMs;
    this.#taken = taken;
  }
}

/** Requests but ACK have a response. */
const expectsAnswer = (message: string) => !message.startsWith("SIP/2.0 ") && !message.startsWith("ACK ");
