/** Push: the code as a notification of the app's own, by FCM, APNs or Web Push. It proves a device. */
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { providerOff } from "../messages/provider-off.ts";
import type { MessageChannelSpec } from "../messages/provider-port.ts";
import type { PushConfig } from "./config.ts";
import { pushExample } from "./example.ts";
import { createPushProvider } from "./provider.ts";
import { parseRegistration, pushServices, registrationText } from "./registration.ts";
import { PushBody } from "./schema.ts";
import { pushServicesOf } from "./services.ts";

export function push(options: {
  /** Undefined: the channel is off. */
  readonly config: PushConfig | undefined;
  readonly clock: Clock;
  readonly random: Random;
}): MessageChannelSpec {
  const { config, clock, random } = options;
  const isPushService = pushServices(config?.web_push_services ?? [], config?.private_services ?? []);
  return {
    ...{ name: "push", proves: "device", form: "short" },
    ...{ enabled: config !== undefined, costs: (config?.price ?? 0) > 0, schema: PushBody, example: pushExample },
    provider: config === undefined ? providerOff : createProvider(config),
    readRecipient(text) {
      const parsed = parseRegistration(text, isPushService);
      return "problem" in parsed ? parsed : { to: registrationText(parsed.registration) };
    },
  };

  function createProvider(own: PushConfig) {
    const entries = pushServicesOf({ config: own, clock, random });
    return createPushProvider({ config: own, entries, isPushService, clock });
  }
}
