/** SMS: text messages with the code, over the routes of the section `sms`. */
import type { FastifyPluginAsync } from "fastify";
import type { Logger } from "pino";
import type { Networks } from "../../numbers/networks/ports.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Publish } from "../../shared/publish.ts";
import type { Random } from "../../shared/random.ts";
import { type CallerLimits, callerOf } from "../../telephony/trunks/app-limits.ts";
import { splitSms } from "../messages/gsm.ts";
import type { MessageChannelSpec } from "../messages/provider-port.ts";
import type { MessageAdmission } from "./admission-port.ts";
import type { SmsConfig, SmsRouteConfig } from "./config.ts";
import type { SmsEvents } from "./events.ts";
import { smsExample } from "./example.ts";
import { createSmsHttpRoute, type SmsHttpRoute } from "./http/route.ts";
import { smsHttpWebhooks } from "./http/webhook.ts";
import type { MessageParts } from "./parts-port.ts";
import { createSmsProvider } from "./provider.ts";
import type { SmsRoute } from "./route-port.ts";
import { createSmsRouting } from "./routing.ts";
import { SmsBody } from "./schema.ts";
import { createSmppRoute } from "./smpp/route.ts";

export interface SmsParts {
  /** Undefined: the channel is off. */
  readonly config: SmsConfig | undefined;
  readonly admission: MessageAdmission;
  /** The apps and their weights. */
  readonly limits: CallerLimits;
  readonly messageParts: MessageParts;
  /** For prefixes that name networks; without it no network is known. */
  readonly networks?: Pick<Networks, "known">;
  readonly publish: Publish<SmsEvents>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface SmsChannel {
  readonly spec: MessageChannelSpec;
  /** Receipts of HTTP routes, under /webhooks/sms. */
  readonly webhook: FastifyPluginAsync;
}

export function sms(parts: SmsParts): SmsChannel {
  const { config = { routes: {}, prefixes: [], senders: [] } } = parts;
  const routes = new Map(Object.entries(config.routes).map(([name, route]) => [name, routeOf(name, route, parts)]));
  const { clock, logger } = parts;
  const receiving = [...routes.values()].filter((route) => "receiveText" in route);
  return {
    spec: {
      name: "sms",
      proves: "phone",
      enabled: parts.config !== undefined,
      provider: createSmsProvider({ routes, routing: createSmsRouting(config, parts.networks), clock, logger }),
      form: "sms",
      costs: true,
      schema: SmsBody,
      example: smsExample,
    },
    async webhook(server) {
      await server.register(smsHttpWebhooks(receiving, clock), { prefix: "/webhooks/sms" });
    },
  };
}

/** A new way to send is a folder beside smpp/ and http/, and a line here. */
function routeOf(name: string, { smpp, http }: SmsRouteConfig, parts: SmsParts): SmsRoute | SmsHttpRoute {
  const common = { ...parts, name, shareOf: (app: string) => shareOf(parts, app) };
  if (smpp !== undefined) return createSmppRoute({ ...common, config: smpp });
  if (http !== undefined) return createSmsHttpRoute({ ...common, config: http, segmentsOf });
  throw new Error(`sms.routes.${name} names no way to send`);
}

const segmentsOf = (text: string) => splitSms(text).parts.length;

/** As on trunks. */
function shareOf({ limits }: SmsParts, app: string) {
  const { weight, sharesTrunks } = callerOf(limits, app, "+", false);
  return { weight, shares: sharesTrunks };
}
