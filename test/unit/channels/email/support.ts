/** The e-mail provider against SMTP servers of this process, over real sockets. */
import { readFileSync } from "node:fs";
import { pino } from "pino";
import { Value } from "typebox/value";
import { afterEach } from "vitest";
import { Email, type EmailConfig } from "../../../../src/channels/email/config.ts";
import { createEmailProvider } from "../../../../src/channels/email/provider.ts";
import type { MessageProvider, OutgoingMessage } from "../../../../src/channels/messages/provider-port.ts";
import { type SmtpServer, startSmtpServer } from "../../../../src/sandbox/providers/smtp-server.ts";
import type {
  ReceivedMail,
  SmtpAnswer,
  SmtpServerOptions,
  SmtpStep,
} from "../../../../src/sandbox/providers/smtp-server-port.ts";
import { systemClock } from "../../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import type { Certificate } from "../../../support/certificates.ts";

export interface TestServer {
  readonly port: number;
  readonly mails: ReceivedMail[];
  /** Steps so far, one name for each. */
  readonly steps: SmtpStep[];
  /** Replaces what happens at a step from now on; null: success. */
  set(step: SmtpStep, answer: SmtpAnswer | null): void;
  /** Replaces what happens at the step the next time. */
  once(step: SmtpStep, answer: SmtpAnswer): void;
  connections(): number;
  stop(): Promise<void>;
}

export const message: OutgoingMessage = {
  deliveryId: "v78ebPAf/1",
  app: "shop",
  to: "ada@example.com",
  country: null,
  text: "Your verification code for Example:\n\n482913\n\nIt expires in 10 min.",
  subject: "Your Example verification code",
  code: "482913",
  locale: "en",
  appName: "Example",
  minutes: 10,
};

/** Call it at the top of a test file: servers and providers end with each test. */
export function withMail() {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function server(
    options: Partial<Omit<SmtpServerOptions, "answer" | "onMail" | "tls">> & {
      certificate?: Certificate;
      port?: number;
    } = {},
  ): Promise<TestServer> {
    const answers = new Map<SmtpStep, SmtpAnswer>();
    const next = new Map<SmtpStep, SmtpAnswer>();
    const mails: ReceivedMail[] = [];
    const steps: SmtpStep[] = [];
    const { certificate, port, ...rest } = options;
    const tls = certificate && {
      key: readFileSync(certificate.keyFile, "utf8"),
      cert: readFileSync(certificate.certFile, "utf8"),
    };
    const started: SmtpServer = await startSmtpServer(
      {
        security: "plain",
        smtpUtf8: true,
        ...rest,
        ...(tls && { tls }),
        answer(step) {
          steps.push(step);
          const answer = next.get(step) ?? answers.get(step) ?? null;
          next.delete(step);
          return answer;
        },
        onMail: (mail) => void mails.push(mail),
      },
      port,
    );
    ends.push(() => started.stop());
    return {
      port: started.port,
      mails,
      steps,
      set(step, answer) {
        if (answer === null) answers.delete(step);
        else answers.set(step, answer);
      },
      once: (step, answer) => void next.set(step, answer),
      connections: () => started.connections(),
      stop: () => started.stop(),
    };
  }

  /** What the gateway would log, as text. */
  const lines: string[] = [];

  async function provider(config: Readonly<Record<string, unknown>>, clock = systemClock): Promise<MessageProvider> {
    const created = createEmailProvider({
      config: configOf(config),
      clock,
      random: cryptoRandom,
      logger: pino({ level: "trace" }, { write: (line: string) => void lines.push(line) }),
    });
    ends.push(() => created.stop(0));
    await created.start();
    return created;
  }

  return { server, provider, log: () => lines.join("") };
}

/** The certificate as `ca` of a server. */
export const pemOf = ({ certFile }: Certificate): string => readFileSync(certFile, "utf8");

/** A configuration with its defaults. */
export function configOf(given: Readonly<Record<string, unknown>>): EmailConfig {
  const whole = { from: "verify@example.com", ...given };
  return Value.Parse(Email, Value.Default(Email, structuredClone(whole))) as EmailConfig;
}

/** The entry of a plain server on loopback. */
export const plain = ({ port }: { readonly port: number }, name = "main", more: object = {}) => ({
  name,
  host: "127.0.0.1",
  port,
  security: "plain",
  ...more,
});

export async function sendBy(provider: MessageProvider, more: Partial<OutgoingMessage> = {}) {
  const whole = { ...message, ...more };
  const reservation = await provider.reserve(whole);
  return reservation.submit(whole);
}
