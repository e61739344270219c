/** The part of the composition root that a new channel touches: its folder in channels/ and a line in the list. */
import type { FastifyPluginAsync } from "fastify";
import type { Logger } from "pino";
import type { AppOptions } from "./app-options.ts";
import type { AppDirectory } from "./apps/directory.ts";
import type { CallerIdReputation } from "./caller-ids/reputation.ts";
import type { CallerIdPool } from "./caller-ids/types.ts";
import { callIn } from "./channels/call-in/index.ts";
import { email } from "./channels/email/index.ts";
import { type MessageChannelParts, messageChannel } from "./channels/messages/index.ts";
import type { MessageChannelSpec } from "./channels/messages/provider-port.ts";
import { createLiveTexts } from "./channels/messages/texts.ts";
import { missedCall } from "./channels/missed-call/index.ts";
import { push } from "./channels/push/index.ts";
import { sms } from "./channels/sms/index.ts";
import { voice } from "./channels/voice/index.ts";
import { whatsApp } from "./channels/whatsapp/index.ts";
import type { Config } from "./config/schema.ts";
import type { GatewayEvents } from "./events/events.ts";
import type { Networks } from "./numbers/networks/ports.ts";
import type { OptOutModule } from "./opt-out/index.ts";
import type { Store } from "./redis/index.ts";
import type { Clock } from "./shared/clock.ts";
import type { Publish } from "./shared/publish.ts";
import type { Random } from "./shared/random.ts";
import type { Tracing } from "./shared/tracing.ts";
import type { Telephony } from "./telephony/index.ts";
import { tracedMessages } from "./tracing/messages.ts";
import type { ChannelModule } from "./verification/channel-port.ts";

export interface ChannelsOptions {
  /** What is live of it is read at use. */
  readonly config: Config;
  readonly apps: AppDirectory;
  readonly store: Store;
  readonly telephony: Telephony;
  readonly callerIds: CallerIdPool;
  readonly reputation: CallerIdReputation;
  readonly networks: Pick<Networks, "known">;
  readonly optOuts: Pick<OptOutModule, "texts" | "calls">;
  readonly publish: Publish<GatewayEvents>;
  readonly extra: Pick<AppOptions, "extraChannels" | "extraMessageChannels">;
  readonly tracing: Tracing | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface Channels {
  /** The first one that can be used is the default. */
  readonly channels: readonly ChannelModule[];
  /** Routes of the providers' callbacks. */
  readonly plugins: readonly FastifyPluginAsync[];
}

export function createChannels(options: ChannelsOptions): Channels {
  const { config, apps, store, telephony, callerIds, reputation, optOuts, publish, tracing } = options;
  const { clock, random, logger } = options;
  const { hangUps } = store;
  const { extraChannels = [], extraMessageChannels = [] } = options.extra;
  /** What SMS, WhatsApp, e-mail and push share: each is `messaging(spec)`. */
  const messages: MessageChannelParts = {
    texts: createLiveTexts(() => config.messages),
    receipts: store.receipts(config.verification),
    onText: optOuts.texts,
    publish,
  };
  const messaging = (spec: MessageChannelSpec) => messageChannel(tracedMessages(spec, tracing), messages);
  const smsChannel = sms({
    config: config.sms,
    limits: { limits: config.limits, apps },
    ...{
      admission: store.messageAdmission,
      messageParts: store.messageParts,
      networks: options.networks,
      publish,
      clock,
      random,
      logger,
    },
  });
  const whatsAppChannel = whatsApp({ config: config.whatsapp, clock, random });
  const { slots, dialer } = telephony;
  return {
    channels: [
      missedCall({ config, apps, callerIds, reputation, slots, dialer, hangUps, publish }),
      voice({ config, telephony, callerIds, reputation, hangUps, publish }),
      callIn({
        config: config.call_in,
        onInbound: (receiver) => telephony.onInbound(optOuts.calls.receiver(receiver)),
        publish,
      }),
      messaging(smsChannel.spec),
      messaging(whatsAppChannel.spec),
      messaging(email({ config: config.email, clock, random, logger })),
      messaging(push({ config: config.push, clock, random })),
      ...extraMessageChannels.map(messaging),
      ...extraChannels,
    ],
    plugins: [smsChannel.webhook, whatsAppChannel.webhook],
  };
}
