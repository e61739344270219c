/** What requests of pages need: tokens, human checks, and which pages they may come from. */
import type { Logger } from "pino";
import type { AppDirectory, LiveAppDirectory } from "../../apps/directory.ts";
import { type AppOrigins, createAppOrigins } from "../../apps/origins.ts";
import { createHumanChecks } from "../../human-check/index.ts";
import type { HumanChecks } from "../../human-check/port.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { createTokens, type Tokens } from "../../tokens/index.ts";
import type { StartTokenUses } from "../../tokens/uses-port.ts";
import type { HttpServerConfig } from "../config.ts";

type Apps = AppDirectory & Pick<LiveAppDirectory, "entry">;

export interface Pages {
  readonly tokens: Tokens;
  readonly humanChecks: HumanChecks;
  readonly origins: AppOrigins;
  /** Counts one human check. */
  readonly countHumanCheck: Metrics["humanCheck"];
  readonly apps: Pick<Apps, "exists" | "profileOf">;
  /** Whether a key may still be used. @param id null: a key of the configuration */
  keyHolds(app: string, id: string | null): boolean;
}

export function createPages(options: {
  readonly config: Pick<HttpServerConfig, "human_checks" | "secrets">;
  readonly apps: Apps;
  readonly uses: StartTokenUses;
  readonly metrics: Pick<Metrics, "humanCheck">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}): Pages {
  const { config, apps, clock } = options;
  const { hmac_key: hmacKey, token_key: own } = config.secrets;
  return {
    tokens: createTokens({ ...options, hmacKey, own }),
    humanChecks: createHumanChecks({ ...options, config: config.human_checks }),
    origins: createAppOrigins(apps),
    countHumanCheck: options.metrics.humanCheck,
    apps,
    keyHolds(app, id) {
      if (id === null) return true;
      const key = apps.entry(app)?.keys.find((one) => one.id === id);
      return key !== undefined && (key.expiresAtMs === null || clock.nowMs() < key.expiresAtMs);
    },
  };
}
