/** The checks of the configuration. */
import type { Logger } from "pino";
import { createOutgoingHttp } from "../outgoing-http/client.ts";
import { createGate } from "../outgoing-http/gate.ts";
import type { OutgoingHttp, OutgoingHttpOptions } from "../outgoing-http/request.ts";
import type { Clock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import type { HumanCheckConfig, HumanChecksConfig } from "./config.ts";
import type { HumanCheck, HumanChecks } from "./port.ts";
import { createProofOfWork } from "./proof-of-work.ts";
import { services } from "./services.ts";
import { createSiteverify } from "./siteverify.ts";

/** The services name no rate for siteverify; this is far above what people do. */
const perSecond = 500;
const faultEveryMs = 60_000;

export function createHumanChecks(options: {
  readonly config: HumanChecksConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** In tests. */
  readonly http?: Pick<OutgoingHttpOptions, "ca" | "resolve">;
}): HumanChecks {
  const { clock, random, logger } = options;
  const clients: OutgoingHttp[] = [];

  function open(name: string, config: HumanCheckConfig): HumanCheck {
    const { provider, allow_private: allowPrivate, deadline_ms: deadlineMs } = config;
    if (provider === "proof_of_work") return createProofOfWork(name, config);
    const http = createOutgoingHttp({ ...{ clock, allowPrivate, deadlineMs }, ...options.http });
    clients.push(http);
    let loggedAtMs = Number.NEGATIVE_INFINITY;
    return createSiteverify({
      ...{ name, config, http, service: services[provider], gate: createGate({ clock, random, perSecond }) },
      defaultMinScore: 0.5,
      onFault(why) {
        if (clock.nowMs() - loggedAtMs < faultEveryMs) return;
        loggedAtMs = clock.nowMs();
        logger.error({ check: name, provider, why }, "human check refuses everybody: its secret or keys are wrong");
      },
    });
  }

  const checks = new Map(Object.entries(options.config).map(([name, config]) => [name, open(name, config)]));
  return {
    find: (name) => checks.get(name) ?? null,
    close() {
      for (const client of clients) client.close();
    },
  };
}
