/**
 * Call in: the person calls a number of ours from the phone that is to be verified, and the caller's number is the
 * proof. The call is rejected, so it is free. No code is involved.
 *
 * The proof is only as reliable as the caller ID: only calls on a trunk marked as trusted count.
 */
import type { Publish } from "../../shared/publish.ts";
import type { Random } from "../../shared/random.ts";
import { Refusal } from "../../shared/refusal.ts";
import type { TrunkCall } from "../../telephony/calls/inbound.ts";
import type { ChannelModule, DeliveryEvidence } from "../../verification/channel-port.ts";
import type { CallInConfig } from "./config.ts";
import type { InboundCallEvents } from "./events.ts";
import { callInExample } from "./example.ts";
import { createInboundCalls } from "./inbound-calls.ts";
import { callInMachine } from "./machine.ts";
import { CallInBody } from "./schema.ts";
import { simulateCallIn } from "./simulate.ts";

/** Numbers that one start offers to the store: more than the hourly limits allow for one callee. */
const maxOffered = 20;

export interface CallInParts {
  readonly config: CallInConfig;
  /** Sets the one receiver of inbound calls. */
  readonly onInbound: (receiver: (call: TrunkCall) => void) => void;
  readonly publish: Publish<InboundCallEvents>;
}

export function callIn({ config, onInbound, publish }: CallInParts): ChannelModule {
  return {
    name: "call_in",
    proves: "phone",
    enabled: config.numbers.length > 0,
    codes: null,
    // The number to call is in the answer to the start.
    setupLimitMs: 0,
    contacts: false,
    costs: false,
    machine: callInMachine,
    scripts: { start: new URL("lua/start.lua", import.meta.url), called: new URL("lua/called.lua", import.meta.url) },
    schema: CallInBody,
    example: callInExample,
    open(core) {
      const inbound = createInboundCalls({ core, numbers: config.numbers, publish });
      onInbound(inbound.receive);
      return {
        accept({ calls, codeLength }) {
          if (calls !== null || codeLength !== null) {
            throw new Refusal(
              "invalid_request",
              "`calls` and `code_length` cannot be used with channel call_in: it has no code.",
            );
          }
        },
        async reserve() {
          const numbers = draw(config.numbers, maxOffered, core.random);
          return {
            begin: (start) => start([config.number_cooldown_seconds * 1000, ...numbers]),
            commit: () => undefined,
            release: () => undefined,
          };
        },
        refusal: (_why, waitMs) =>
          new Refusal("capacity", "No call-in number is free for this phone number; try again later.", waitMs),
        simulate: (ask) => simulateCallIn(ask, config.numbers),
        describe: ({ details }) => ({ number: (details as { readonly number: string }).number }),
        evidence: ({ result }) => callInEvidence(result),
        stop: () => undefined,
        drain: async () => undefined,
        settled: inbound.settled,
      };
    },
  };
}

/** @param result as lua/called.lua stores it; null: no call came */
function callInEvidence(result: unknown): DeliveryEvidence {
  // A simulated call came on no trunk.
  const trunk = (result as { readonly trunk: string | null } | null)?.trunk ?? null;
  return trunk === null ? {} : { trunk };
}

/** Up to `count` of the numbers in random order (Fisher–Yates): the number that a callee gets is unpredictable. */
function draw(numbers: readonly string[], count: number, random: Random): readonly string[] {
  const left = [...numbers];
  const drawn: string[] = [];
  while (left.length > 0 && drawn.length < count) drawn.push(...left.splice(random.below(left.length), 1));
  return drawn;
}
