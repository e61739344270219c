/** A span for each submit of a message, with what the provider answered. */
import type { InboundTextReceiver } from "../channels/messages/inbound-text-port.ts";
import type { MessageChannelSpec, MessageProvider, MessageReservation } from "../channels/messages/provider-port.ts";
import type { SpanAttributes, Tracing } from "../shared/tracing.ts";
import { verificationOf } from "./verification-of.ts";

/** @param tracing null: `spec` itself is returned */
export function tracedMessages(spec: MessageChannelSpec, tracing: Tracing | null): MessageChannelSpec {
  return tracing === null ? spec : { ...spec, provider: tracedProvider(spec, tracing) };
}

function tracedProvider({ name, provider }: MessageChannelSpec, tracing: Tracing): MessageProvider {
  function traced(reservation: MessageReservation): MessageReservation {
    return {
      ...{ details: reservation.details, cost: reservation.cost, release: () => reservation.release() },
      async submit(message) {
        const verification = verificationOf(message.deliveryId);
        const options = {
          kind: "client" as const,
          attributes: { "onering.verification": verification, "onering.channel": name, ...routeOf(reservation) },
          ...(tracing.current() === null && { parent: await tracing.verifications.find(verification) }),
        };
        return tracing.within("message submit", options, async (span) => {
          const answer = await reservation.submit(message);
          const { report } = answer;
          span.set({ "onering.outcome": report.state === "failed" ? report.reason : report.state });
          return answer;
        });
      },
    };
  }
  return {
    submitLimitMs: provider.submitLimitMs,
    reserve: async (order) => traced(await provider.reserve(order)),
    ...(provider.preview && { preview: provider.preview.bind(provider) }),
    onReceipt: (receiver) => provider.onReceipt(receiver),
    ...(provider.onText && { onText: (receiver: InboundTextReceiver) => provider.onText?.(receiver) }),
    health: () => provider.health(),
    start: () => provider.start(),
    stop: (graceMs) => provider.stop(graceMs),
  };
}

/** Names of the configuration. */
function routeOf({ details }: MessageReservation): SpanAttributes {
  const route = details.route ?? details.server ?? details.service;
  return typeof route === "string" ? { "onering.route": route } : {};
}
