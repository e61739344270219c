/** The checks of the configuration, each opened when it is first needed. */
import type { Logger } from "pino";
import { createOutgoingHttp } from "../outgoing-http/client.ts";
import { createGate } from "../outgoing-http/gate.ts";
import type { OutgoingHttp, OutgoingHttpOptions } from "../outgoing-http/request.ts";
import { type Clock, steadyClock } from "../shared/clock.ts";
import { ownEntry } from "../shared/own-entry.ts";
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
  /** What holds now. */
  readonly config: HumanChecksConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** In tests. */
  readonly http?: Pick<OutgoingHttpOptions, "ca" | "resolve">;
}): HumanChecks {
  const { clock, random, logger } = options;
  const { nowMs } = steadyClock(clock);
  /** As they were opened: a reload of the configuration may change them. */
  const opened = new Map<string, Opened>();

  function open(name: string, config: HumanCheckConfig): Pick<Opened, "check" | "http"> {
    const { provider, allow_private: allowPrivate, deadline_ms: deadlineMs } = config;
    if (provider === "proof_of_work") return { check: createProofOfWork(name, config), http: null };
    const http = createOutgoingHttp({ ...{ clock, allowPrivate, deadlineMs }, ...options.http });
    let loggedAtMs = Number.NEGATIVE_INFINITY;
    const check = createSiteverify({
      ...{ name, config, http, service: services[provider], gate: createGate({ clock, random, perSecond }) },
      defaultMinScore: 0.5,
      onFault(why) {
        if (nowMs() - loggedAtMs < faultEveryMs) return;
        loggedAtMs = nowMs();
        logger.error({ check: name, provider, why }, "human check refuses everybody: its secret or keys are wrong");
      },
    });
    return { check, http };
  }

  return {
    find(name) {
      const config = ownEntry(options.config, name);
      const before = opened.get(name);
      const source = JSON.stringify(config);
      if (before !== undefined && before.source === source) return before.check;
      // Requests in progress get their verdict: without one, a check that fails open would pass them.
      before?.http?.retire();
      opened.delete(name);
      if (config === undefined) return null;
      const now = { ...open(name, { ...config }), source };
      opened.set(name, now);
      return now.check;
    },
    close() {
      for (const { http } of opened.values()) http?.close();
    },
  };
}

interface Opened {
  readonly check: HumanCheck;
  readonly http: OutgoingHttp | null;
  /** The settings that it was opened with. */
  readonly source: string;
}
