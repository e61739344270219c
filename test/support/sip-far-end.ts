/** A far end for what sends requests outside of dialogs: fake transports and transactions, on a clock of the test. */
import type { Locator } from "../../src/sip/location/port.ts";
import { parseMessage, type SipResponseMessage } from "../../src/sip/message.ts";
import type { ClientTransaction, OutgoingRequest, TransactionLayer } from "../../src/sip/transaction/port.ts";
import { type Flow, FlowError, type Target, type Transports } from "../../src/sip/transport/port.ts";
import { ManualClock } from "./manual-clock.ts";

/** Lines of a response below its status line, or what happens instead of one. */
export type FarAnswer = readonly [status: string, ...lines: readonly string[]] | "silent" | "timeout" | "broken";

export interface SentRequest extends OutgoingRequest {
  readonly target: Target;
  readonly flow: Flow;
  header(name: string): string | undefined;
}

export class FarEnd {
  readonly clock = new ManualClock(1_000_000);
  readonly sent: SentRequest[] = [];
  /** Targets of the next hop. */
  targets: readonly Target[] = [targetOf("192.0.2.1")];
  /** Addresses that take no connection. */
  readonly unreachable = new Set<string>();
  /** What the locator was told of targets. */
  readonly failed: string[] = [];
  readonly worked: string[] = [];
  answer: (request: SentRequest) => FarAnswer = () => ["200 OK"];
  readonly flows = new Map<string, Flow & { open: boolean }>();
  /** Our end of the flows that are opened from now on. */
  sentBy = "198.51.100.7:5060";

  readonly locator: Pick<Locator, "locate" | "failed" | "worked"> = {
    locate: async () => this.targets,
    failed: ({ address }, forMs) => this.failed.push(forMs === undefined ? address : `${address} ${forMs}`),
    worked: ({ address }) => this.worked.push(address),
  };

  readonly transports: Pick<Transports, "flowTo" | "connect"> = {
    flowTo: (target) => {
      const flow = this.flows.get(target.address);
      return flow?.open === true ? flow : null;
    },
    connect: async (target) => {
      if (this.unreachable.has(target.address)) throw new FlowError("refused", "ECONNREFUSED");
      const flow = { ...flowOf(target), sentBy: this.sentBy, open: true };
      this.flows.set(target.address, flow);
      return flow;
    },
  };

  readonly transactions: Pick<TransactionLayer, "request"> = {
    request: (request, flow, user) => {
      const header = (name: string) => request.headers.find(([one]) => one.toLowerCase() === name)?.[1];
      const target = this.targets.find(({ address }) => address === flow.remote.address) as Target;
      const sent = { ...request, target, flow, header };
      this.sent.push(sent);
      const answer = this.answer(sent);
      queueMicrotask(() => {
        if (answer === "timeout") user.failed("timeout", false);
        else if (answer === "broken") user.failed("transport", false);
        else if (answer !== "silent") user.response(responseOf(answer), this.clock.nowMs());
      });
      return { branch: "z9hG4bK1", flow, ended: false } satisfies ClientTransaction;
    },
  };

  /** For `createRegistration`, `createQualifier`, `exchange`. */
  get parts() {
    const { locator, transports, transactions, clock } = this;
    return { locator, transports, transactions, clock, nowMs: clock.nowMs };
  }
}

/** Lets promises settle. */
export const settle = () => new Promise<void>((done) => setImmediate(done));

export function targetOf(address: string): Target {
  return { protocol: "tcp", address, port: 5060 };
}

function flowOf(remote: Target): Omit<Flow, "sentBy"> {
  return { protocol: "tcp", reliable: true, remote, open: true, send: () => true };
}

export function responseOf([status, ...lines]: readonly [string, ...string[]]): SipResponseMessage {
  const message = parseMessage(Buffer.from([`SIP/2.0 ${status}`, ...lines, "", ""].join("\r\n")));
  if (message?.kind !== "response") throw new Error(`no response: ${status}`);
  return message;
}
