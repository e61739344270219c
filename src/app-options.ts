/** What the composition root takes and returns. */
import type { FastifyPluginAsync } from "fastify";
import type { Logger } from "pino";
import type { MessageChannelSpec } from "./channels/messages/provider-port.ts";
import type { LoadConfig } from "./config/reloading.ts";
import type { GatewayEvent } from "./events/events.ts";
import type { Reload } from "./operations/reload.ts";
import type { Peers } from "./processes/peers.ts";
import type { Clock } from "./shared/clock.ts";
import type { Random } from "./shared/random.ts";
import type { Tracing } from "./shared/tracing.ts";
import type { ChannelModule } from "./verification/channel-port.ts";

export interface AppOptions {
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Marks logs and pages with SANDBOX. */
  readonly sandbox?: boolean;
  /** Pages and routes outside the API. */
  readonly extraPlugins?: readonly FastifyPluginAsync[];
  /** Channels in addition to the gateway's own. */
  readonly extraChannels?: readonly ChannelModule[];
  /** The same for message channels, which share texts and receipts. */
  readonly extraMessageChannels?: readonly MessageChannelSpec[];
  /** From `startTracing`; null or left out: off. Ends with the app. */
  readonly tracing?: Tracing | null;
  /** Reads the configuration again, for a reload; left out: there is no file. */
  readonly loadConfig?: LoadConfig;
  /** The other processes of this gateway; null or left out: there are none. */
  readonly peers?: Peers | null;
  /** Files that the configuration's variables name: what they hold of certificates is read again when they change. */
  readonly watchedFiles?: readonly string[];
  /** Receives every event, in addition to metrics. */
  readonly onEvent?: (event: GatewayEvent) => void;
}

export interface App {
  /** Names of the channels that can be used, the default first. */
  readonly channels: readonly string[];
  /**
   * Listens, then connects to Redis and Asterisk (in the background, for ever). Until it resolves `/readyz` answers 503.
   * @throws where a port is taken, before any Asterisk is connected to; `stop` then closes what is open
   */
  start(): Promise<{ readonly url: string }>;
  /** Reloads the configuration: what can change holds at once, the rest is named. Logged and audited. */
  readonly reload: Reload["reload"];
  /** Refuses new work, lets live calls end within `calls.drain_ms`, cancels the rest, closes everything. */
  stop(): Promise<void>;
}
