/** What the sandbox may add to a channel: its configuration, the providers it talks to, and routes of carrier and phone. */
import type { FastifyPluginAsync } from "fastify";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import type { StandIn, StandInParts } from "../providers/provider.ts";

export interface SandboxChannelParts {
  readonly clock: Clock;
  readonly random: Random;
  /** Port on loopback where the sandbox's Asterisk, or the gateway itself, takes SIP over UDP. */
  readonly sipPort: number;
}

export interface SandboxChannel {
  /** Parts of the configuration, by section; those of the stand-ins are added. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** It plays sounds: off in a sandbox without an Asterisk. */
  readonly needsMedia?: true;
  /** The providers that it talks to; not started. */
  standIns?(parts: StandInParts): readonly StandIn[];
  /** Routes under `/sandbox/`, without an API key. */
  routes?(parts: SandboxChannelParts): FastifyPluginAsync;
}
