/** What the sandbox may add to a channel: what the simulated carrier or phone does for it, as routes. */
import type { FastifyPluginAsync } from "fastify";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";

export interface SandboxChannelParts {
  readonly clock: Clock;
  readonly random: Random;
  /** Port on loopback where the sandbox's Asterisk takes SIP over UDP. */
  readonly sipPort: number;
}

export interface SandboxChannel {
  /** Routes under `/sandbox/`, without an API key. */
  routes(parts: SandboxChannelParts): FastifyPluginAsync;
}
