/** WhatsApp: the code as an authentication template with a copy-code button, over Meta's Cloud API. */
import type { FastifyPluginAsync } from "fastify";
import { createOutgoingHttp } from "../../outgoing-http/client.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { providerOff } from "../messages/provider-off.ts";
import type { MessageChannelSpec } from "../messages/provider-port.ts";
import type { WhatsAppConfig } from "./config.ts";
import { whatsAppExample } from "./example.ts";
import { createWhatsAppProvider } from "./provider.ts";
import { WhatsAppBody } from "./schema.ts";
import { webhookRoutes } from "./webhook.ts";

export interface WhatsAppChannel {
  readonly spec: MessageChannelSpec;
  /** Its routes under /webhooks/whatsapp; none where the channel is off. */
  readonly webhook: FastifyPluginAsync;
}

export function whatsApp(options: {
  /** Undefined: the channel is off. */
  readonly config: WhatsAppConfig | undefined;
  readonly clock: Clock;
  readonly random: Random;
}): WhatsAppChannel {
  const { config, clock, random } = options;
  const common = { name: "whatsapp", proves: "phone", form: "short", costs: true } as const;
  const shown = { schema: WhatsAppBody, example: whatsAppExample };
  if (config === undefined) {
    return { spec: { ...common, ...shown, enabled: false, provider: providerOff }, webhook: async () => undefined };
  }
  const http = createOutgoingHttp({ clock, allowPrivate: config.allow_private, deadlineMs: config.request_timeout_ms });
  const provider = createWhatsAppProvider({ config, http, clock, random });
  const routes = webhookRoutes({
    verifyToken: config.verify_token,
    appSecret: config.app_secret,
    receive: (body) => provider.receive(body),
  });
  return {
    spec: { ...common, ...shown, enabled: true, provider },
    async webhook(server) {
      await server.register(routes, { prefix: "/webhooks/whatsapp" });
    },
  };
}
