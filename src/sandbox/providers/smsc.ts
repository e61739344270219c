/**
 * A stand-in SMSC for the sandbox and the tests: takes binds and messages over SMPP, sends receipts, and fails as it is told
 * to. It uses the gateway's own codec, so it shows nothing about the codec: other programs do that in the tests.
 */
import net from "node:net";
import tls from "node:tls";
import type { Clock } from "../../shared/clock.ts";
import { type SmscConnection, type SmscReceipt, serveConnection } from "./smsc-connection.ts";
import { createJoiner, readText, type SubmitPdu } from "./smsc-text.ts";

/** What the SMSC does with one submit_sm. */
export interface SmscDecision {
  /**
   * A command_status (0: taken), `never`: taken and not answered, `break`: taken, and the connection breaks before the
   * answer, `break_untaken`: it breaks and the message is lost.
   */
  readonly answer: number | "never" | "break" | "break_untaken";
  readonly answerDelayMs?: number;
  /** Receipts in this order; several for doubled and contradicting ones. */
  readonly receipts?: readonly SmscReceipt[];
}

/** A whole message, its parts joined. */
export interface SmscMessage {
  /** The SMSC's id of the last part. */
  readonly id: string;
  readonly from: string;
  /** E.164 with the plus sign. */
  readonly to: string;
  readonly text: string;
  readonly segments: number;
  readonly atMs: number;
}

export interface SmscOptions {
  readonly host?: string;
  /** 0 or left out: a free one. */
  readonly port?: number;
  readonly tls?: tls.TlsOptions;
  readonly systemId: string;
  readonly password: string;
  /** Called for every submit_sm. */
  readonly decide: (submit: SubmitPdu) => SmscDecision;
  /** A message is complete and would reach its phone. */
  readonly onMessage?: (message: SmscMessage) => void;
  /** How message ids in answers differ from those in receipts. */
  readonly ids?: "same" | "response_hex" | "response_decimal";
  readonly clock: Clock;
}

export interface Smsc {
  readonly port: number;
  /** Open binds. */
  readonly binds: number;
  /** Every submit_sm that came, refused ones too; the latest thousand. */
  readonly submits: readonly SubmitPdu[];
  /** Counts of what came, by command. */
  readonly counts: ReadonlyMap<string, number>;
  /** command_status of the answers to what was delivered to the client, in order. */
  readonly deliverStatuses: readonly number[];
  /** Sends a receipt on its own: late, for an unknown id, doubled. @param id as in receipts */
  receipt(id: string, phone: string, receipt: SmscReceipt): void;
  /** A message from a phone. */
  inbound(from: string, to: string, text: string): void;
  /** Bytes as they are, on every bind. */
  raw(bytes: Buffer): void;
  /** Says unbind on every bind. */
  unbind(): void;
  /** Breaks all connections; new ones are taken again. */
  breakAll(): void;
  /** Takes no connection, and breaks all. */
  setReachable(reachable: boolean): void;
  /** Reads nothing and answers nothing, as a dead link. */
  setSilent(silent: boolean): void;
  close(): Promise<void>;
}

const mostSubmits = 1000;

export async function startSmsc(options: SmscOptions): Promise<Smsc> {
  const { host = "127.0.0.1", port = 0, decide, clock, ids = "same" } = options;
  const connections = new Set<SmscConnection>();
  const submits: SubmitPdu[] = [];
  const counts = new Map<string, number>();
  const deliverStatuses: number[] = [];
  const join = createJoiner();
  let reachable = true;
  let silent = false;
  let lastId = 1_000_000_000;

  /** By decimal number: id in the answer and in receipts. */
  function newId(): { readonly answer: string; readonly receipt: string } {
    lastId += 1;
    const [decimal, hex] = [String(lastId), lastId.toString(16).toUpperCase()];
    if (ids === "same") return { answer: decimal, receipt: decimal };
    return ids === "response_hex" ? { answer: hex, receipt: decimal } : { answer: decimal, receipt: hex };
  }

  function submit(pdu: SubmitPdu, from: SmscConnection): void {
    submits.push(pdu);
    if (submits.length > mostSubmits) submits.shift();
    const { answer, answerDelayMs = 0, receipts = [] } = decide(pdu);
    const id = newId();
    const phone = pdu.fields.destination_addr;
    const isTaken = answer === 0 || answer === "never" || answer === "break";
    if (isTaken) take(pdu, id.receipt);
    after(answerDelayMs, () => {
      if (answer === "break" || answer === "break_untaken") return from.destroy();
      if (answer !== "never") from.answer(pdu, answer, answer === 0 ? id.answer : "");
      return undefined;
    });
    if (!isTaken) return;
    for (const one of receipts) {
      after(Math.max(0, answerDelayMs + one.afterMs), () => sendReceipt(id.receipt, phone, one, from));
    }
  }

  function take(pdu: SubmitPdu, id: string): void {
    const read = readText(pdu);
    const { source_addr: from, destination_addr: phone } = pdu.fields;
    const text = join(phone, read);
    if (text === null) return;
    options.onMessage?.({ id, from, to: `+${phone}`, text, segments: read.part?.total ?? 1, atMs: clock.nowMs() });
  }

  function sendReceipt(id: string, phone: string, one: SmscReceipt, preferred?: SmscConnection): void {
    const over = preferred?.bound ? preferred : [...connections].find(({ bound }) => bound);
    over?.deliverReceipt(id, phone, one);
  }

  /** At once where there is no delay: in the same packet as what was written before. */
  function after(ms: number, work: () => void): void {
    if (ms <= 0) work();
    else clock.after(ms, work);
  }

  function accept(socket: net.Socket): void {
    if (!reachable) return void socket.destroy();
    const connection = serveConnection(socket, {
      ...{ systemId: options.systemId, password: options.password },
      count: (command) => counts.set(command, (counts.get(command) ?? 0) + 1),
      submit: (pdu) => submit(pdu, connection),
      delivered: (status) => deliverStatuses.push(status),
      closed: () => connections.delete(connection),
    });
    connections.add(connection);
    if (silent) socket.pause();
  }

  const server = options.tls === undefined ? net.createServer(accept) : tls.createServer(options.tls, accept);
  // A client that refuses the certificate.
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });

  return {
    port: (server.address() as net.AddressInfo).port,
    get binds() {
      return [...connections].filter(({ bound }) => bound).length;
    },
    submits,
    counts,
    deliverStatuses,
    receipt: (id, phone, one) => sendReceipt(id, phone.replace(/^\+/, ""), one),
    inbound(from, to, text) {
      for (const connection of connections) connection.deliverMessage(from.replace(/^\+/, ""), to, text);
    },
    raw(bytes) {
      for (const connection of connections) connection.write(bytes);
    },
    unbind() {
      for (const connection of connections) connection.unbind();
    },
    breakAll,
    setReachable(value) {
      reachable = value;
      if (!reachable) breakAll();
    },
    setSilent(value) {
      silent = value;
      for (const connection of connections) connection.setSilent(silent);
    },
    close() {
      reachable = false;
      breakAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };

  function breakAll(): void {
    for (const connection of [...connections]) connection.destroy();
  }
}
