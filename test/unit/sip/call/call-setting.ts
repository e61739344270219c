/** Calls over our transaction layer and flows that only remember what is sent; the test is the far end. */

import { cryptoRandom } from "../../../../src/shared/random.ts";
import { createDigests } from "../../../../src/sip/auth/digest.ts";
import { type CallerParts, createCaller } from "../../../../src/sip/call/index.ts";
import type { CallEnding, OutgoingCall, StrayTrunk } from "../../../../src/sip/call/port.ts";
import {
  headerOf,
  headersOf,
  type ParsedMessage,
  parseMessage,
  type SipRequestMessage,
  type SipResponseMessage,
} from "../../../../src/sip/message.ts";
import { createTransactions, type TransactionOptions } from "../../../../src/sip/transaction/index.ts";
import { type Flow, FlowError, type Target, type TransportProtocol } from "../../../../src/sip/transport/port.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

export interface Sent {
  readonly request: SipRequestMessage;
  readonly flow: FakeFlow;
}

export class FakeFlow implements Flow {
  readonly protocol: TransportProtocol;
  readonly remote: { readonly address: string; readonly port: number };
  readonly sentBy: string;
  readonly texts: string[] = [];
  open = true;
  takes: (text: string) => boolean = () => true;
  closeIfSilentSince?: (sinceMs: number) => Promise<boolean>;
  readonly #sent: (text: string) => void;

  constructor(target: Target, sentBy: string, sent: (text: string) => void) {
    this.protocol = target.protocol;
    this.remote = { address: target.address, port: target.port };
    this.sentBy = sentBy;
    this.#sent = sent;
  }

  get reliable(): boolean {
    return this.protocol !== "udp";
  }

  send(text: string): boolean {
    if (!this.open || !this.takes(text)) return false;
    this.texts.push(text);
    this.#sent(text);
    return true;
  }
}

export const target = (port = 5060, protocol: TransportProtocol = "udp"): Target => ({
  address: "192.0.2.20",
  port,
  protocol,
});

export const outgoing: OutgoingCall = {
  id: "attempt-1",
  hop: { host: "carrier.example" },
  uri: "sip:+447700900123@carrier.example",
  from: "<sip:+12025550147@our.example>",
  to: "<sip:+447700900123@carrier.example>",
  contactUser: "+12025550147",
  headers: [["P-Asserted-Identity", "<sip:+12025550147@our.example>"]],
  expiresSeconds: 60,
  limitMs: 60_000,
};

/** Parts of a response or request of the far end. */
export interface Reply {
  /** Null: none. */
  readonly tag?: string | null;
  readonly headers?: readonly string[];
  readonly body?: string;
}

export interface SettingOptions {
  readonly targets?: readonly Target[] | "unknown";
  readonly sentBy?: string;
  readonly parts?: Partial<CallerParts>;
  readonly layer?: Partial<TransactionOptions>;
  /** Whose answers are that no transaction knows. */
  readonly strayTrunk?: StrayTrunk;
  /** No target has an open flow: `connect` opens one, or fails. */
  readonly connects?: (target: Target) => FakeFlow | null;
  /** Most characters that UDP takes. */
  readonly largest?: number;
}

export class CallSetting {
  readonly clock = new ManualClock();
  readonly flows: FakeFlow[] = [];
  readonly sent: Sent[] = [];
  /** Responses that we sent. */
  readonly responses: SipResponseMessage[] = [];
  readonly reports: string[] = [];
  readonly errors: unknown[] = [];
  readonly failedTargets: Target[] = [];
  readonly unhandled: string[] = [];
  ending: CallEnding | null = null;
  ended = 0;
  readonly #open = new Map<string, FakeFlow>();
  readonly #options: SettingOptions;
  #receive: (message: ParsedMessage, flow: Flow, atMs: number) => void = () => undefined;
  #closed: (flow: Flow, reason: string) => void = () => undefined;
  readonly transactions;
  readonly caller;

  constructor(options: SettingOptions = {}) {
    this.#options = options;
    const { clock } = this;
    const transports = {
      onMessage: (receiver: (message: ParsedMessage, flow: Flow, atMs: number) => void) => {
        this.#receive = receiver;
      },
      onClosed: (receiver: (flow: Flow, reason: string) => void) => {
        this.#closed = receiver;
      },
      flowTo: (to: Target) => this.#flowTo(to),
      replyTo: () => null,
      connect: async (to: Target) => {
        const flow = options.connects?.(to) ?? null;
        if (flow === null) throw new FlowError("refused", "test");
        return flow;
      },
    };
    this.transactions = createTransactions({ transports, clock, random: cryptoRandom, ...options.layer });
    const targets = options.targets ?? [target()];
    this.caller = createCaller({
      transactions: this.transactions,
      transports,
      locator: {
        known: () => (targets === "unknown" ? null : targets),
        locate: async () => (targets === "unknown" ? [target()] : targets),
        failed: (one: Target) => {
          this.failedTargets.push(one);
        },
        worked: () => undefined,
      } as unknown as CallerParts["locator"],
      digests: createDigests(cryptoRandom, clock.nowMs),
      clock,
      monotonicMs: clock.nowMs,
      tagFor: (callId) => `tag-of-${callId.replace(/@.*/, "")}`,
      host: "our.example",
      userAgent: "OneRing",
      endWaitMs: 33_000,
      onError: (error) => this.errors.push(error),
      ...options.parts,
    });
    this.transactions.onRequest((transaction, atMs) => {
      if (this.caller.receive(transaction, atMs)) return;
      this.unhandled.push(transaction.request.method);
      transaction.respond({ status: 481 });
    });
    this.transactions.onStray((response, flow) => {
      if (!this.caller.receiveStray(response, flow, options.strayTrunk)) this.unhandled.push(`${response.status}`);
    });
  }

  newFlow(to: Target): FakeFlow {
    const flow = new FakeFlow(to, this.#options.sentBy ?? "192.0.2.1:5060", (text) => this.#record(text, flow));
    const { largest } = this.#options;
    if (largest !== undefined && !flow.reliable) flow.takes = (text) => text.length <= largest;
    this.flows.push(flow);
    return flow;
  }

  #flowTo(to: Target): FakeFlow | null {
    if (this.#options.connects !== undefined) return null;
    const key = `${to.protocol} ${to.address} ${to.port}`;
    let flow = this.#open.get(key);
    if (flow?.open !== true) {
      flow = this.newFlow(to);
      this.#open.set(key, flow);
    }
    return flow;
  }

  #record(text: string, flow: FakeFlow): void {
    const message = parse(text);
    if (message.kind === "request") this.sent.push({ request: message, flow });
    else this.responses.push(message);
  }

  place(changed: Partial<OutgoingCall> = {}, onReport: (what: string) => void = () => undefined) {
    const report = (what: string) => {
      this.reports.push(what);
      onReport(what);
    };
    return this.caller.place(
      { ...outgoing, ...changed },
      {
        sent: () => report("sent"),
        progress: () => report("progress"),
        alerting: () => report("alerting"),
        answered: () => report("answered"),
        ended: (ending) => {
          this.ending = ending;
          this.ended += 1;
          report("ended");
        },
      },
    );
  }

  /** Requests of ours, by method. */
  of(method: string): Sent[] {
    return this.sent.filter(({ request }) => request.method === method);
  }

  get methods(): string[] {
    return this.sent.map(({ request }) => request.method);
  }

  /** The newest request of a method. */
  last(method: string): Sent {
    const last = this.of(method).at(-1);
    if (last === undefined) throw new Error(`no ${method} was sent`);
    return last;
  }

  /** The far end responds to the newest INVITE, or to another request of ours. */
  reply(start: string, { tag = "far", headers = [], body = "" }: Reply = {}, to: Sent = this.last("INVITE")): void {
    const { request, flow } = to;
    const toValue = headerOf(request, "to") ?? "";
    const hasTag = toValue.includes(";tag=") || tag === null;
    const lines = [
      `SIP/2.0 ${start}`,
      ...headersOf(request, "via").map((value) => `Via: ${value}`),
      `From: ${headerOf(request, "from")}`,
      `To: ${toValue}${hasTag ? "" : `;tag=${tag}`}`,
      `Call-ID: ${headerOf(request, "call-id")}`,
      `CSeq: ${headerOf(request, "cseq")}`,
      ...headers,
      `Content-Length: ${body.length}`,
    ];
    this.receive(`${lines.join("\r\n")}\r\n\r\n${body}`, flow);
  }

  /** The far end sends a request inside the call. @returns our response */
  request(method: string, parts: Reply & { readonly cseq?: number; readonly ourTag?: string } = {}) {
    const { tag = "far", headers = [], body = "", cseq = 1, ourTag = "tag-of-attempt-1" } = parts;
    const { flow } = this.last("INVITE");
    const before = this.responses.length;
    const lines = [
      `${method} sip:+12025550147@192.0.2.1:5060 SIP/2.0`,
      `Via: SIP/2.0/${flow.protocol.toUpperCase()} 192.0.2.20:5060;branch=z9hG4bK${method}${cseq}${tag}`,
      `From: <sip:+447700900123@carrier.example>;tag=${tag}`,
      `To: <sip:+12025550147@our.example>;tag=${ourTag}`,
      "Call-ID: attempt-1@our.example",
      `CSeq: ${cseq} ${method}`,
      ...headers,
      `Content-Length: ${body.length}`,
    ];
    this.receive(`${lines.join("\r\n")}\r\n\r\n${body}`, flow);
    return this.responses[before] ?? null;
  }

  receive(text: string, flow: FakeFlow): void {
    this.#receive(parse(text), flow, this.clock.nowMs());
  }

  /** A connection breaks. */
  lose(flow: FakeFlow): void {
    flow.open = false;
    this.#closed(flow, "reset");
  }
}

function parse(text: string): ParsedMessage {
  const message = parseMessage(Buffer.from(text, "latin1"));
  if (message === null) throw new Error(`not a message: ${text}`);
  return message;
}

/** Lets the promises of flows and targets run. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));

export const credentials = { username: "account", password: "secret" };
