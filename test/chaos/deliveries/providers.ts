/** The providers behind the message channels: simulated services that outlive every gateway and know what reached whom. */
import PostalMime from "postal-mime";
import { startApns } from "../../../src/sandbox/providers/apns-server.ts";
import { startFcm } from "../../../src/sandbox/providers/fcm-server.ts";
import type { TakenMessage } from "../../../src/sandbox/providers/http-server.ts";
import { smsHttpRouteConfig } from "../../../src/sandbox/providers/http-sms.ts";
import { startMeta } from "../../../src/sandbox/providers/meta-server.ts";
import { startSmsHttp } from "../../../src/sandbox/providers/sms-http-server.ts";
import { startSmsc } from "../../../src/sandbox/providers/smsc.ts";
import { startSmtpServer } from "../../../src/sandbox/providers/smtp-server.ts";
import { startWebPush } from "../../../src/sandbox/providers/web-push-server.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { createStops } from "../programs/stops.ts";
import { wallMs } from "../time.ts";
import { type MessageLine, smsHttpPrefix } from "./lines.ts";

/**
 * What a provider does with the message to one recipient: takes it and never answers, or sends its receipt only when that
 * is released. Without one it answers and sends the receipt at once.
 */
export type Fate = "unanswered" | "late_receipt";

export interface ArrivedMessage {
  readonly channel: string;
  readonly to: string;
  readonly text: string;
  readonly atMs: number;
}

export interface Providers {
  /** Sections of the configuration that lead to them. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Everything that reached a person. */
  readonly arrived: readonly ArrivedMessage[];
  setFate(line: MessageLine, to: string, fate: Fate): void;
  /** Receipts go to this gateway from now on. */
  setGateway(url: string): void;
  releaseReceipts(): void;
  /** A new registration of a device. */
  registration(line: "fcm" | "apns" | "web_push", number: number): string;
  stop(): Promise<void>;
}

const login = { system_id: "onering", password: "smpp-pw" };
const smtpLogin = { user: "onering", password: "smtp-password" };
const keys = {
  accessToken: "meta-access-token-1f3870be",
  appSecret: "meta-app-secret-274ad4786c",
  verifyToken: "meta-verify-token-c3abaa72",
};
const aggregator = { token: "aggregator-token-72b302bf297a", signingKey: "aggregator-signing-key-228a2" };
const phoneNumberId = "100000000000001";
const receiptDelayMs = 10;

export async function startProviders(): Promise<Providers> {
  const stops = createStops();
  const arrived: ArrivedMessage[] = [];
  const fates = new Map<MessageLine, Map<string, Fate>>();
  let held: (() => void)[] = [];

  /** @param seen the recipient, or the part of it that the provider sees */
  const fateOf = (line: MessageLine, seen: string): Fate | null =>
    [...(fates.get(line) ?? [])].find(([to]) => to.includes(seen))?.[1] ?? null;
  const arrive = (channel: string, to: string, text: string) => {
    arrived.push({ channel, to, text, atMs: wallMs() });
  };
  const later = (late: boolean, run: () => void) => {
    if (late) held.push(run);
    else setTimeout(run, receiptDelayMs);
  };
  const hooks = (line: MessageLine, channel: string) => ({
    failureOf: (to: string) => fateOf(line, to),
    onMessage: ({ to, text }: TakenMessage) => arrive(channel, to, text),
    later,
  });
  const add = <T extends { close(): Promise<void> }>(service: T): T => {
    stops.add({ stop: () => service.close() });
    return service;
  };

  const smsc = add(
    await startSmsc({
      ...{ systemId: login.system_id, password: login.password, clock: systemClock },
      decide({ fields }) {
        const fate = fateOf("smpp", fields.destination_addr);
        if (fate === "unanswered") return { answer: "never" };
        return { answer: 0, receipts: fate === null ? [{ state: "DELIVRD", afterMs: receiptDelayMs }] : [] };
      },
      onMessage({ id, to, text }) {
        arrive("sms", to, text);
        if (fateOf("smpp", to) !== "late_receipt") return;
        held.push(() => smsc.receipt(id, to, { state: "DELIVRD", afterMs: 0 }));
      },
    }),
  );
  const smsHttp = add(await startSmsHttp({ ...aggregator, ...hooks("sms_http", "sms") }));
  const meta = add(
    await startMeta({
      ...{ accessToken: keys.accessToken, appSecret: keys.appSecret, phoneNumberIds: [phoneNumberId] },
      ...{ templates: { code: ["en"] }, ...hooks("whatsapp", "whatsapp") },
    }),
  );
  const fcm = add(await startFcm(hooks("fcm", "push")));
  const apns = add(await startApns(hooks("apns", "push")));
  const webPush = add(await startWebPush(hooks("web_push", "push")));
  const smtp = stops.add(
    await startSmtpServer({
      ...{ security: "plain", login: smtpLogin, smtpUtf8: true },
      answer: (step, address) =>
        step === "end" && fateOf("email", address) === "unanswered" ? { kind: "silence", taken: true } : null,
      onMail: ({ to, raw }) => {
        // Its boundaries have digits too.
        void PostalMime.parse(raw).then(({ text = "" }) => arrive("email", to, text));
      },
    }),
  );

  const bind = { host: "127.0.0.1", port: smsc.port, ...login, tls: { enabled: false }, messages_per_second: 1000 };
  const smpp = { binds: { one: bind }, response_timeout_ms: 1000 };
  const route = smsHttpRouteConfig({ url: smsHttp.url, ...aggregator });
  return {
    config: {
      sms: {
        routes: { smpp: { smpp }, aggregator: { http: { ...route, request_timeout_ms: 1000 } } },
        prefixes: [
          { prefix: "+", routes: ["smpp"] },
          { prefix: smsHttpPrefix, routes: ["aggregator"] },
        ],
        senders: [{ sender: "OneRing" }],
      },
      whatsapp: {
        phone_numbers: { main: { phone_number_id: phoneNumberId } },
        ...{ access_token: keys.accessToken, app_secret: keys.appSecret, verify_token: keys.verifyToken },
        template: { name: "code", languages: ["en"] },
        ...{ api_url: meta.url, allow_private: true, request_timeout_ms: 1000 },
      },
      email: {
        from: "verify@onering.example",
        servers: [{ name: "stand-in", host: "127.0.0.1", port: smtp.port, security: "plain", ...smtpLogin }],
        ...{ reply_timeout_ms: 2000, submit_timeout_ms: 2000 },
      },
      push: {
        fcm: { main: { service_account: fcm.serviceAccount, api_url: fcm.url } },
        apns: { main: { ...apns.account, api_url: apns.url } },
        web_push: { main: { ...webPush.vapid, subject: "mailto:operator@onering.example" } },
        ...{ private_services: [webPush.url], allow_private: true, request_timeout_ms: 1000 },
      },
    },
    arrived,
    setFate(line, to, fate) {
      const own = fates.get(line) ?? new Map<string, Fate>();
      fates.set(line, own.set(to, fate));
    },
    setGateway(url) {
      smsHttp.setWebhook(new URL("/webhooks/sms/aggregator", url).href);
      meta.setWebhook(new URL("/webhooks/whatsapp", url).href);
    },
    releaseReceipts() {
      for (const run of held) run();
      held = [];
    },
    registration(line, number) {
      const own = String(number).padStart(8, "0");
      if (line === "web_push") return webPush.subscribe(own);
      return line === "apns" ? `apns:${"0a1b2c3d".repeat(7)}${own}` : `fcm:cX9${"a".repeat(30)}:APA91b${own}`;
    },
    stop: () => stops.stop(),
  };
}
