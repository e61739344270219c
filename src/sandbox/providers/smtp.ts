/** The stand-in of a mail server: takes e-mail on loopback, and fails by recipient as mail servers do. */
import PostalMime from "postal-mime";
import {
  defaultStandInTimings,
  type FailureKind,
  type Listening,
  type StandIn,
  type StandInMessage,
  type StandInParts,
} from "./provider.ts";
import { type SmtpServer, startSmtpServer } from "./smtp-server.ts";
import type { ReceivedMail, SmtpAnswer, SmtpStep } from "./smtp-server-port.ts";

const login = { user: "onering", password: "sandbox-smtp-password" };
const from = "verify@onering.example";

/** By kind of failure: the step at which it shows, and what happens there. */
const failures: Partial<Record<FailureKind, { readonly step: SmtpStep; readonly answer: SmtpAnswer }>> = {
  unknown_recipient: { step: "rcpt", answer: { kind: "reply", text: "550 5.1.1 no such mailbox" } },
  not_reachable: { step: "rcpt", answer: { kind: "reply", text: "552 5.2.2 mailbox full" } },
  blocked: { step: "end", answer: { kind: "reply", text: "554 5.7.1 refused by policy" } },
  throttled: { step: "rcpt", answer: { kind: "reply", text: "451 4.7.1 greylisted, try again later" } },
  down: { step: "rcpt", answer: { kind: "reply", text: "554 5.3.2 not accepting messages" } },
  lost_answer: { step: "end", answer: { kind: "close", taken: true } },
  no_receipt: { step: "end", answer: { kind: "reply", text: "250 2.0.0 queued" } },
};

export function createSmtpStandIn({ clock, logger, timings }: StandInParts): StandIn {
  const { deliveryMs } = { ...defaultStandInTimings, ...timings };
  let receiver: (message: StandInMessage) => void = () => undefined;
  let failureOf: (to: string) => FailureKind | null = () => null;
  let server: SmtpServer | null = null;
  const pending = new Set<() => void>();

  function answer(step: SmtpStep, address: string): SmtpAnswer | null {
    // The recipient is known from RCPT on.
    const kind = step === "connect" || step === "auth" || step === "mail" ? null : failureOf(address);
    const failure = kind === null ? undefined : failures[kind];
    return failure?.step === step ? failure.answer : null;
  }

  async function arrive(mail: ReceivedMail): Promise<void> {
    try {
      const parsed = await PostalMime.parse(mail.raw);
      const cancel = clock.after(deliveryMs, () => {
        pending.delete(cancel);
        receiver({
          channel: "email",
          to: mail.to,
          text: parsed.text ?? "",
          atMs: clock.nowMs(),
          from: parsed.from?.address ?? null,
          subject: parsed.subject ?? null,
          html: parsed.html ?? null,
          details: { bytes: mail.raw.length },
        });
      });
      pending.add(cancel);
    } catch (error) {
      logger.error({ err: error }, "an e-mail could not be read");
    }
  }

  return {
    name: "smtp",
    channel: "email",
    failures: Object.keys(failures) as FailureKind[],
    async start(): Promise<Listening> {
      server = await startSmtpServer({
        security: "plain",
        login,
        smtpUtf8: true,
        answer,
        onMail: (mail) => void arrive(mail),
      });
      return { url: `smtp://127.0.0.1:${server.port}`, host: "127.0.0.1", port: server.port };
    },
    async stop() {
      for (const cancel of pending) cancel();
      pending.clear();
      await server?.stop();
      server = null;
    },
    onMessage(next) {
      receiver = next;
    },
    setFailure(next) {
      failureOf = next;
    },
    config() {
      if (server === null) throw new Error("the SMTP stand-in has not been started");
      const { port } = server;
      return { email: { from, servers: [{ name: "sandbox", host: "127.0.0.1", port, security: "plain", ...login }] } };
    },
  };
}
