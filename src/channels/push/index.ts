/** Push: the code as a notification of the app's own, by FCM, APNs or Web Push. It proves a device. */
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import type { MessageChannelSpec } from "../messages/provider-port.ts";
import type { PushConfig } from "./config.ts";
import { pushExample } from "./example.ts";
import { createPushProvider } from "./provider.ts";
import { parseRegistration, pushServices, registrationText } from "./registration.ts";
import { PushBody } from "./schema.ts";
import { pushServicesOf } from "./services.ts";

export function push(options: {
  readonly config: PushConfig;
  readonly clock: Clock;
  readonly random: Random;
}): MessageChannelSpec {
  const { config, clock } = options;
  const isPushService = pushServices(config.web_push_services, config.private_services);
  const entries = pushServicesOf(options);
  return {
    ...{ name: "push", proves: "device", form: "short", enabled: true, costs: (config.price ?? 0) > 0 },
    ...{ schema: PushBody, example: pushExample },
    provider: createPushProvider({ config, entries, isPushService, clock }),
    readRecipient(text) {
      const parsed = parseRegistration(text, isPushService);
      return "problem" in parsed ? parsed : { to: registrationText(parsed.registration) };
    },
  };
}
