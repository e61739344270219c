/**
 * One SMPP connection after it is open: sequence numbers, responses and their deadlines, enquire_link in both directions,
 * answers to what the SMSC sends. A session ends once, for whatever reason; then all that waits for a response is lost.
 */
import type { Socket } from "node:net";
import type { Clock } from "../../../shared/clock.ts";
import { createFramer } from "./framer.ts";
import { type CommandName, type Fields, isResponseId } from "./layouts.ts";
import {
  decodePdu,
  encodePdu,
  type Pdu,
  PduError,
  type PduOf,
  type PduToSend,
  readHeader,
  type Tlvs,
  type UnknownPdu,
} from "./pdu.ts";
import { okStatus, unknownCommandStatus } from "./status.ts";

/** What became of a request. */
export type Answer =
  | { readonly kind: "answer"; readonly status: number; readonly messageId: string }
  /** No response in time, or the connection broke: the SMSC may have taken it. */
  | { readonly kind: "lost" }
  /** It was not written: the session had ended before. */
  | { readonly kind: "unsent" };

export interface SessionParts {
  readonly socket: Socket;
  readonly clock: Clock;
  readonly responseTimeoutMs: number;
  readonly enquireLinkMs: number;
  /** A message or receipt from the SMSC. Resolves to the command_status to answer with; must not reject. */
  incoming(pdu: PduOf<"deliver_sm"> | PduOf<"data_sm">): Promise<number>;
  /** Called once. @param why for operators; holds no secret and no recipient */
  ended(why: string): void;
  /** A response came after its deadline, or to nothing. */
  late(): void;
}

type Request = "bind_transceiver" | "submit_sm" | "enquire_link" | "unbind";

interface Waiting {
  readonly command: Request;
  readonly untilMs: number;
  readonly resolve: (answer: Answer) => void;
}

/** §3.2: 0x00000001 to 0x7FFFFFFF. */
const lastSequence = 0x7fffffff;
const lingerMs = 1000;

export class Session {
  readonly #parts: SessionParts;
  readonly #framer = createFramer();
  /** In the order of their deadlines: all have the same time. Bounded by the bind's window and a few. */
  readonly #waiting = new Map<number, Waiting>();
  #sequence = 0;
  #over = false;
  #heardAtMs: number;
  #stopDeadline: (() => void) | null = null;
  #stopBeat: () => void = () => undefined;
  #corked = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#heardAtMs = parts.clock.nowMs();
    const { socket } = parts;
    socket.on("data", (bytes) => this.#receive(bytes));
    socket.on("error", (error: NodeJS.ErrnoException) => this.end(error.code ?? "connection error"));
    socket.on("close", () => this.end("the connection was closed"));
    socket.on("drain", () => socket.resume());
    this.#beatAfter(parts.enquireLinkMs);
  }

  get over(): boolean {
    return this.#over;
  }

  /** How many requests wait for their response. */
  get outstanding(): number {
    return this.#waiting.size;
  }

  /** @throws {PduError} where a value does not fit: nothing was sent */
  request<C extends Request>(command: C, fields: Partial<Fields<C>>, tlvs?: Tlvs): Promise<Answer> {
    if (this.#over) return Promise.resolve({ kind: "unsent" });
    const sequence = this.#nextSequence();
    const bytes = encodePdu({ command, sequence, fields, ...(tlvs && { tlvs }) });
    return new Promise((resolve) => {
      const untilMs = this.#parts.clock.nowMs() + this.#parts.responseTimeoutMs;
      this.#waiting.set(sequence, { command, untilMs, resolve });
      this.#watchDeadlines();
      this.#write(bytes);
    });
  }

  /** Says good-bye, then ends the session: at the latest after the response time. */
  async unbind(): Promise<void> {
    await this.request("unbind", {});
    this.end("unbound");
  }

  /** Ends the session at once. Idempotent. */
  end(why: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopBeat();
    this.#stopDeadline?.();
    // What was written last, such as unbind_resp, still goes out, if the SMSC reads it.
    const { socket, clock } = this.#parts;
    const stopWaiting = clock.after(lingerMs, () => socket.destroy());
    socket.once("close", stopWaiting);
    socket.destroySoon();
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { resolve } of lost) resolve({ kind: "lost" });
    this.#parts.ended(why);
  }

  #nextSequence(): number {
    do this.#sequence = this.#sequence === lastSequence ? 1 : this.#sequence + 1;
    while (this.#waiting.has(this.#sequence));
    return this.#sequence;
  }

  /** All that is written in one turn of the event loop leaves in one packet. */
  #write(bytes: Buffer): void {
    const { socket } = this.#parts;
    if (!this.#corked) {
      this.#corked = true;
      socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        socket.uncork();
      });
    }
    // An SMSC that sends without reading our answers is not read either: what waits to be written stays bounded.
    if (!socket.write(bytes)) socket.pause();
  }

  #send<C extends CommandName>(pdu: PduToSend<C>): void {
    if (!this.#over) this.#write(encodePdu(pdu));
  }

  #receive(bytes: Buffer): void {
    if (this.#over) return;
    this.#heardAtMs = this.#parts.clock.nowMs();
    try {
      for (const pdu of this.#framer.push(bytes)) {
        if (!this.#over) this.#handle(pdu);
      }
    } catch (error) {
      if (!(error instanceof PduError)) throw error;
      this.end(error.message);
    }
  }

  #handle(bytes: Buffer): void {
    const { id, status, sequence } = readHeader(bytes);
    let pdu: Pdu | UnknownPdu;
    try {
      pdu = decodePdu(bytes);
    } catch (error) {
      if (!(error instanceof PduError)) throw error;
      // Its status is all that is needed of a response.
      if (isResponseId(id)) this.#answered(sequence, status);
      else this.#send({ command: "generic_nack", status: 0x02, sequence });
      return;
    }
    switch (pdu.command) {
      case "enquire_link":
        this.#send({ command: "enquire_link_resp", sequence });
        break;
      case "deliver_sm":
      case "data_sm": {
        const command = `${pdu.command}_resp` as const;
        void this.#parts.incoming(pdu).then((result) => this.#send({ command, status: result, sequence }));
        break;
      }
      case "unbind":
        this.#send({ command: "unbind_resp", sequence });
        this.end("the SMSC unbound");
        break;
      case "submit_sm_resp":
        this.#answered(sequence, status, pdu.fields.message_id);
        break;
      case "bind_transceiver_resp":
      case "enquire_link_resp":
      case "unbind_resp":
      case "generic_nack":
        this.#answered(sequence, status);
        break;
      default:
        if (!isResponseId(id)) this.#send({ command: "generic_nack", status: unknownCommandStatus, sequence });
    }
  }

  #answered(sequence: number, status: number, messageId = ""): void {
    const waiting = this.#waiting.get(sequence);
    this.#waiting.delete(sequence);
    if (waiting === undefined) this.#parts.late();
    else waiting.resolve({ kind: "answer", status, messageId });
  }

  #watchDeadlines(): void {
    if (this.#stopDeadline !== null) return;
    const [oldest] = this.#waiting.values();
    if (oldest === undefined) return;
    const leftMs = Math.max(1, oldest.untilMs - this.#parts.clock.nowMs());
    this.#stopDeadline = this.#parts.clock.after(leftMs, () => {
      this.#stopDeadline = null;
      this.#expire();
      if (!this.#over) this.#watchDeadlines();
    });
  }

  #expire(): void {
    const nowMs = this.#parts.clock.nowMs();
    for (const [sequence, { command, untilMs, resolve }] of this.#waiting) {
      if (untilMs > nowMs) return;
      this.#waiting.delete(sequence);
      resolve({ kind: "lost" });
      if (command !== "enquire_link") continue;
      this.end("no answer to enquire_link");
      return;
    }
  }

  /** Asks after the SMSC when nothing came from it for a while. */
  #beatAfter(delayMs: number): void {
    this.#stopBeat = this.#parts.clock.after(delayMs, () => {
      const silentMs = this.#parts.clock.nowMs() - this.#heardAtMs;
      const { enquireLinkMs } = this.#parts;
      this.#beatAfter(silentMs < enquireLinkMs ? enquireLinkMs - silentMs : enquireLinkMs);
      if (silentMs < enquireLinkMs) return;
      void this.request("enquire_link", {}).then((answer) => {
        if (answer.kind === "answer" && answer.status !== okStatus) this.end("enquire_link was refused");
      });
    });
  }
}
