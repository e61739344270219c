/** The stand-in of a carrier's SMSC: takes binds and messages over SMPP, and fails by recipient as carriers do. */
import {
  defaultStandInTimings,
  type FailureKind,
  type Listening,
  type StandIn,
  type StandInMessage,
  type StandInParts,
} from "./provider.ts";
import { type Smsc, type SmscDecision, startSmsc } from "./smsc.ts";

const route = "sandbox";

/** command_status of refusals, SMPP v3.4 section 5.1.3. */
const status = { invalidDestination: 0x0b, submitFailed: 0x45, throttled: 0x58, systemError: 0x08 };
/** Error codes in receipts, as this carrier has them. */
const errors = { absent: "027", blocked: "021" };

interface Times {
  readonly receiptMs: number;
  readonly lateMs: number;
}

const failures: Readonly<Partial<Record<FailureKind, (times: Times) => SmscDecision>>> = {
  unknown_recipient: () => ({ answer: status.invalidDestination }),
  not_reachable: ({ receiptMs }) => ({
    answer: 0,
    receipts: [{ state: "UNDELIV", afterMs: receiptMs, error: errors.absent }],
  }),
  blocked: ({ receiptMs }) => ({
    answer: 0,
    receipts: [{ state: "REJECTD", afterMs: receiptMs, error: errors.blocked }],
  }),
  throttled: () => ({ answer: status.throttled }),
  down: () => ({ answer: status.systemError }),
  lost_answer: () => ({ answer: "break" }),
  no_receipt: () => ({ answer: 0 }),
  failed_receipt: ({ receiptMs }) => ({ answer: 0, receipts: [{ state: "EXPIRED", afterMs: receiptMs }] }),
  late_receipt: ({ lateMs }) => ({ answer: 0, receipts: [{ state: "DELIVRD", afterMs: lateMs }] }),
  odd_receipts: ({ receiptMs }) => ({
    answer: 0,
    receipts: [
      { state: "DELIVRD", afterMs: receiptMs },
      { state: "ENROUTE", afterMs: receiptMs + 50 },
      { state: "DELIVRD", afterMs: receiptMs + 100 },
    ],
  }),
};
/** Taken, but no message comes to the phone. */
const lost: readonly FailureKind[] = ["not_reachable", "blocked", "no_receipt", "failed_receipt"];

export function createSmscStandIn({ clock, random, timings }: StandInParts): StandIn {
  const { deliveryMs, receiptMs, lateReceiptMs } = { ...defaultStandInTimings, ...timings };
  const times = { receiptMs: deliveryMs + receiptMs, lateMs: deliveryMs + lateReceiptMs };
  // Eight characters are all that SMPP has room for.
  const login = { system_id: "onering", password: random.bytes(4).toString("hex") };
  const pending = new Set<() => void>();
  let receiver: (message: StandInMessage) => void = () => undefined;
  let failureOf: (to: string) => FailureKind | null = () => null;
  let smsc: Smsc | null = null;

  function decide(phone: string): SmscDecision {
    const kind = failureOf(`+${phone}`);
    const failed = kind === null ? undefined : failures[kind];
    if (kind === "odd_receipts") smsc?.receipt("4294967295", phone, { state: "DELIVRD", afterMs: 0 });
    return failed?.(times) ?? { answer: 0, receipts: [{ state: "DELIVRD", afterMs: times.receiptMs }] };
  }

  function arrive(message: StandInMessage): void {
    const cancel = clock.after(deliveryMs, () => {
      pending.delete(cancel);
      receiver({ ...message, atMs: clock.nowMs() });
    });
    pending.add(cancel);
  }

  return {
    ...{ name: "smsc", channel: "sms" },
    failures: Object.keys(failures) as FailureKind[],
    async start(): Promise<Listening> {
      smsc = await startSmsc({
        systemId: login.system_id,
        password: login.password,
        clock,
        decide: ({ fields }) => decide(fields.destination_addr),
        onMessage({ from, to, text, segments, atMs }) {
          const kind = failureOf(to);
          if (kind !== null && lost.includes(kind)) return;
          const rest = { subject: null, html: null, details: { segments } };
          arrive({ channel: "sms", to, text, atMs, from: from === "" ? null : from, ...rest });
        },
      });
      return { url: `smpp://127.0.0.1:${smsc.port}`, host: "127.0.0.1", port: smsc.port };
    },
    async stop() {
      for (const cancel of pending) cancel();
      pending.clear();
      await smsc?.close();
      smsc = null;
    },
    onMessage(next) {
      receiver = next;
    },
    setFailure(next) {
      failureOf = next;
    },
    config() {
      if (smsc === null) throw new Error("the SMSC stand-in has not been started");
      const bind = { host: "127.0.0.1", port: smsc.port, ...login, tls: { enabled: false } };
      const receipt_errors = { [errors.absent]: "not_reachable", [errors.blocked]: "blocked" };
      return {
        sms: {
          routes: { [route]: { smpp: { binds: { one: bind }, receipt_errors } } },
          prefixes: [{ prefix: "+", routes: [route] }],
          senders: [{ sender: "OneRing" }],
        },
      };
    },
  };
}
