/** Providers that are reached over HTTP, before the sandbox's simulated services. */
import { onTestFinished } from "vitest";
import { createWhatsAppProvider } from "../../src/channels/whatsapp/provider.ts";
import { createOutgoingHttp } from "../../src/outgoing-http/client.ts";
import { type MetaService, startMeta } from "../../src/sandbox/providers/meta-server.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { testConfig } from "./test-config.ts";

/** The upper half of a pause is random: none of it here. */
export const noJitter = { below: () => 0, bytes: (length: number) => Buffer.alloc(length, 7) };

export const whatsAppSecrets = {
  access_token: "EAAB-token-2f6c8d1e9a7b",
  app_secret: "app-secret-5d41402abc4b2a76",
  verify_token: "verify-me-9f86d081884c7d65",
};
export const phoneNumberId = "106540352242922";

/** @param own keys of `whatsapp` */
export function whatsAppConfig(url: string, own: Readonly<Record<string, unknown>> = {}) {
  const { whatsapp } = testConfig({
    whatsapp: {
      phone_numbers: { main: { phone_number_id: phoneNumberId } },
      ...whatsAppSecrets,
      template: { name: "code", languages: ["en", "pt_BR"] },
      ...{ api_url: url, allow_private: true, request_timeout_ms: 1000, ...own },
    },
  });
  if (whatsapp === undefined) throw new Error("whatsapp is gone");
  return whatsapp;
}

/** A provider and the simulated Meta, both until the test ends. */
export async function whatsAppWithMeta(
  options: {
    readonly failureOf?: (to: string) => string | null;
    readonly own?: Readonly<Record<string, unknown>>;
    readonly clock?: typeof systemClock;
  } = {},
) {
  const { failureOf = () => null, own = {}, clock = systemClock } = options;
  const meta: MetaService = await startMeta({
    ...{ accessToken: whatsAppSecrets.access_token, appSecret: whatsAppSecrets.app_secret, failureOf },
    phoneNumberIds: [phoneNumberId, "106540352242923"],
    templates: { code: ["en", "pt_BR"], bank_code: ["en"] },
  });
  onTestFinished(() => meta.close());
  const config = whatsAppConfig(meta.url, own);
  // Deadlines by the real clock: the test's own stands still while a request runs.
  const http = createOutgoingHttp({ clock: systemClock, allowPrivate: true, deadlineMs: config.request_timeout_ms });
  const provider = createWhatsAppProvider({ config, http, clock, random: noJitter });
  onTestFinished(() => provider.stop(0));
  return { meta, provider, config };
}
