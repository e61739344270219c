/** A message provider in memory: the test reads what was sent, says how submits are answered and sends receipts. */
import { Type } from "typebox";
import type { InboundText, InboundTextReceiver } from "../../src/channels/messages/inbound-text-port.ts";
import type {
  MessageChannelSpec,
  MessageOrder,
  MessageProvider,
  MessageReport,
  OutgoingMessage,
  ReceiptReceiver,
} from "../../src/channels/messages/provider-port.ts";

/** What a submit is answered with. */
export interface Answer {
  readonly report: MessageReport;
  readonly receiptId: string | null;
}

export interface MemoryProvider extends MessageProvider {
  readonly sent: readonly OutgoingMessage[];
  readonly orders: readonly MessageOrder[];
  /** Reservations that were neither submitted nor released. */
  held(): number;
  /** How often it was started, less how often it was stopped. */
  running(): number;
  setHealth(health: { readonly up: boolean; readonly detail: string }): void;
  /** The receipt id of a message, by default. */
  receiptOf(message: OutgoingMessage): string;
  /** How submits are answered from now on; by default the message is taken at once. */
  answer(how: (message: OutgoingMessage) => Answer | Promise<Answer>): void;
  /** Sends a receipt of the newest message, or of another id. */
  receipt(report: MessageReport, receiptId?: string): Promise<boolean>;
  /** A person sends a text. @returns false: it shall come again */
  text(text: InboundText): Promise<boolean>;
}

export function memoryProvider(): MemoryProvider {
  const sent: OutgoingMessage[] = [];
  const orders: MessageOrder[] = [];
  const receiptOf = ({ deliveryId }: OutgoingMessage) => `memory/${deliveryId}`;
  const taken = (message: OutgoingMessage): Answer => ({ report: { state: "sent" }, receiptId: receiptOf(message) });
  let held = 0;
  let running = 0;
  let health = { up: true, detail: "in memory" };
  let respond: (message: OutgoingMessage) => Answer | Promise<Answer> = taken;
  let receive: ReceiptReceiver = async () => false;
  let read: InboundTextReceiver = async () => false;
  return {
    ...{ sent, orders, receiptOf, submitLimitMs: 10_000, held: () => held, running: () => running },
    async reserve(order) {
      orders.push(order);
      held++;
      return {
        details: { route: "memory", segments: 1, secret: "not in the schema" },
        cost: 0.05,
        async submit(message) {
          held--;
          sent.push(message);
          return respond(message);
        },
        release: () => void held--,
      };
    },
    preview: () => ({ details: { route: "memory", segments: 1 }, cost: 0.05, sent: null, receipts: true }),
    answer(how) {
      respond = how;
    },
    async receipt(report, receiptId) {
      const newest = sent.at(-1);
      const id = receiptId ?? (newest && receiptOf(newest));
      if (id === undefined) throw new Error("nothing was sent");
      return receive({ receiptId: id, report });
    },
    onReceipt(receiver) {
      receive = receiver;
    },
    onText(receiver) {
      read = receiver;
    },
    text: (text) => read(text),
    health: () => health,
    setHealth(now) {
      health = now;
    },
    start: async () => void running++,
    stop: async () => void running--,
  };
}

const nullable = (type: string) => Type.Unsafe<unknown>({ type: [type, "null"] });

/** A channel over it. */
export function memoryChannel(provider: MessageProvider, name = "memory"): MessageChannelSpec {
  return {
    ...{ name, provider, proves: "phone", enabled: true, form: "sms", costs: true },
    schema: Type.Object({
      route: nullable("string"),
      segments: nullable("integer"),
      cost: nullable("number"),
      error: nullable("string"),
    }),
    example: { state: "sent", codeLength: 6, described: { route: "memory", segments: 1, cost: 0.05, error: null } },
  };
}
