/** Builds the push services of the configuration. */
import { createOutgoingHttp } from "../../outgoing-http/client.ts";
import { createOutgoingHttp2 } from "../../outgoing-http/http2.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { apnsOrigin, createApns } from "./apns/index.ts";
import type { PushConfig } from "./config.ts";
import { createFcm } from "./fcm/index.ts";
import type { ServiceEntry, ServiceName } from "./provider.ts";
import type { PushService } from "./service.ts";
import { createWebPush } from "./web-push/index.ts";

export function pushServicesOf(options: {
  readonly config: PushConfig;
  readonly clock: Clock;
  readonly random: Random;
}): readonly ServiceEntry[] {
  const { config, clock, random } = options;
  const common = { clock, deadlineMs: config.request_timeout_ms };
  const configured = { ...common, allowPrivate: config.allow_private };
  const open = <C extends { readonly apps?: readonly string[] }>(
    kind: ServiceName,
    entries: Readonly<Record<string, C>> | undefined,
    create: (entry: C) => PushService,
  ): readonly ServiceEntry[] =>
    Object.entries(entries ?? {}).map(([name, entry]) => ({
      ...{ kind, name, apps: entry.apps ?? null },
      service: create(entry),
    }));
  return [
    ...open("fcm", config.fcm, (own) =>
      createFcm({ config: own, http: createOutgoingHttp(configured), clock, random }),
    ),
    ...open("apns", config.apns, (own) =>
      createApns({ config: own, http: createOutgoingHttp2(apnsOrigin(own), configured), clock, random }),
    ),
    ...open("web_push", config.web_push, (own) =>
      createWebPush({
        config: own,
        // Addresses that people bring: public ones only, whatever the configuration says.
        http: createOutgoingHttp({ ...common, allowPrivate: false }),
        privateHttp: createOutgoingHttp({ ...common, allowPrivate: true }),
        privateOrigins: config.private_services,
        ...{ clock, random },
      }),
    ),
  ];
}
