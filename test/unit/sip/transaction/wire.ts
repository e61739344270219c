/** A transaction layer over flows of the test: what it sends is kept, what it receives is written here. */
import { cryptoRandom } from "../../../../src/shared/random.ts";
import { headerOf, type ParsedMessage, parseMessage } from "../../../../src/sip/message.ts";
import { createTransactions, type TransactionOptions } from "../../../../src/sip/transaction/index.ts";
import type { ClientUser, OutgoingRequest, ServerTransaction } from "../../../../src/sip/transaction/port.ts";
import type { Flow, SocketAddress, TransportProtocol } from "../../../../src/sip/transport/port.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

export class TestFlow implements Flow {
  readonly protocol: TransportProtocol;
  readonly reliable: boolean;
  readonly remote: SocketAddress;
  readonly sentBy = "192.0.2.1:5060";
  open = true;
  /** Whether it takes messages. */
  takes = true;
  readonly sent: string[] = [];

  constructor(protocol: TransportProtocol = "udp", remote: SocketAddress = { address: "198.51.100.7", port: 5060 }) {
    this.protocol = protocol;
    this.reliable = protocol !== "udp";
    this.remote = remote;
  }

  send(message: string): boolean {
    if (this.open && this.takes) this.sent.push(message);
    return this.open && this.takes;
  }
}

type Receiver = (message: ParsedMessage, flow: Flow, atMs: number) => void;

export function wire(options: Partial<TransactionOptions> & { protocol?: TransportProtocol } = {}) {
  const clock = new ManualClock(0);
  const flow = new TestFlow(options.protocol);
  const flows = [flow];
  let receive: Receiver = () => {};
  let close: (flow: Flow) => void = () => {};
  const layer = createTransactions({
    transports: {
      onMessage(receiver) {
        receive = receiver;
      },
      onClosed(receiver) {
        close = (lost) => receiver(lost, "reset");
      },
      replyTo(address, port) {
        const known = flows.find(({ remote }) => remote.address === address && remote.port === port);
        if (known) return known;
        const made = new TestFlow("udp", { address, port });
        flows.push(made);
        return made;
      },
    },
    clock,
    random: cryptoRandom,
    ...options,
  });
  const strays: string[] = [];
  const requests: ServerTransaction[] = [];
  layer.onStray((response) => strays.push(`${response.status} ${headerOf(response, "cseq")}`));
  layer.onRequest((transaction) => requests.push(transaction));
  return {
    layer,
    clock,
    flow,
    flows,
    strays,
    requests,
    receive(text: string, from: Flow = flow) {
      const message = parseMessage(Buffer.from(text, "latin1"));
      if (message === null) throw new Error(`the test wrote no SIP message: ${text}`);
      receive(message, from, clock.nowMs());
    },
    lose(lost: TestFlow = flow) {
      lost.open = false;
      close(lost);
    },
    /** Start lines of what was sent, in short: `INVITE`, `180 INVITE`. */
    sent: (of: TestFlow = flow) => of.sent.map(shortOf),
  };
}

/** `INVITE`, or `180 INVITE`. */
export function shortOf(text: string): string {
  const message = parseMessage(Buffer.from(text, "latin1"));
  if (message === null) return "?";
  return message.kind === "request" ? message.method : `${message.status} ${headerOf(message, "cseq")?.split(" ")[1]}`;
}

export const inviteRequest: OutgoingRequest = {
  method: "INVITE",
  uri: "sip:+447700900123@carrier.example",
  headers: [
    ["Route", "<sip:proxy.example;lr>"],
    ["From", "<sip:+12025550147@our.example>;tag=ours"],
    ["To", "<sip:+447700900123@carrier.example>"],
    ["Call-ID", "one@our.example"],
    ["CSeq", "7 INVITE"],
    ["Contact", "<sip:onering@192.0.2.1:5060>"],
    ["Content-Type", "application/sdp"],
  ],
  body: "v=0\r\n",
};

export function request(method: string, cseq = 1): OutgoingRequest {
  const headers = inviteRequest.headers.map(
    ([name, value]) => [name, name === "CSeq" ? `${cseq} ${method}` : value] as const,
  );
  return { method, uri: inviteRequest.uri, headers };
}

/** The response of a far end to a request that we sent. @param change of headers, by name */
export function answerTo(
  sent: string,
  status: number,
  change: Readonly<Record<string, string>> = {},
  toTag = "theirs",
): string {
  const message = parseMessage(Buffer.from(sent, "latin1"));
  if (message === null) throw new Error("nothing was sent");
  const lines = ["via", "from", "to", "call-id", "cseq"].map((name) => {
    const value = change[name] ?? headerOf(message, name) ?? "";
    return `${name}: ${name === "to" && status > 100 && !value.includes("tag=") ? `${value};tag=${toTag}` : value}`;
  });
  return `SIP/2.0 ${status} Test\r\n${lines.join("\r\n")}\r\nContent-Length: 0\r\n\r\n`;
}

/** Keeps what it receives: `180`, `failed timeout`, `repeated 200`. */
export function user(): ClientUser & { readonly heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    response: ({ status }) => heard.push(String(status)),
    failed: (why, neverSent) => heard.push(`failed ${why}${neverSent ? ", never sent" : ""}`),
    repeatedAnswer: ({ status }) => heard.push(`repeated ${status}`),
  };
}

export interface FarRequest {
  readonly branch?: string;
  readonly sentBy?: string;
  readonly via?: string;
  readonly callId?: string;
  readonly cseq?: string;
  readonly from?: string;
  readonly to?: string;
  readonly extra?: readonly string[];
}

/** A request of the far end to us. */
export function farRequest(method: string, options: FarRequest = {}): string {
  const { branch = "z9hG4bKfar", sentBy = "198.51.100.7:5060", callId = "far-1", cseq = `1 ${method}` } = options;
  return [
    `${method} sip:+12025550147@192.0.2.1 SIP/2.0`,
    `Via: ${options.via ?? `SIP/2.0/UDP ${sentBy};branch=${branch};rport`}`,
    `From: ${options.from ?? "<sip:+447700900123@carrier.example>;tag=theirs"}`,
    `To: ${options.to ?? "<sip:+12025550147@our.example>"}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq}`,
    "Max-Forwards: 70",
    ...(options.extra ?? []),
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}
