/** Call in: the numbers to call, and `POST /sandbox/call-in`, by which the simulated phone calls one of them. */
import { e164InWords, e164Pattern } from "../../numbers/e164.ts";
import { placeCall } from "../carrier/caller.ts";
import { problem } from "../problem.ts";
import type { SandboxChannel } from "./channel.ts";

/**
 * 60 of London's numbers for drama (Ofcom, 020 7946 0000 to 0999): as many as `starts_per_callee_per_hour` lets one
 * callee be given.
 */
export const callInNumbers: readonly string[] = Array.from({ length: 60 }, (_, index) => `+442079460${500 + index}`);

/** Calls that may be in progress at once: each takes a UDP socket. */
const maxCalls = 20;

const body = {
  type: "object",
  required: ["from", "to"],
  additionalProperties: false,
  properties: {
    from: { type: "string", pattern: `${e164Pattern}|^anonymous$`, "x-expected": `${e164InWords}, or anonymous` },
    to: { type: "string", pattern: e164Pattern, "x-expected": e164InWords },
  },
};

export const callIn: SandboxChannel = {
  config: { call_in: { numbers: callInNumbers, number_cooldown_seconds: 60 } },
  routes:
    ({ clock, random, sipPort: port }) =>
    async (server) => {
      let calls = 0;
      server.post<{ Body: { from: string; to: string } }>(
        "/sandbox/call-in",
        { schema: { body } },
        async (request, reply) => {
          const { from, to } = request.body;
          if (calls >= maxCalls) {
            return problem(reply, 503, "capacity", `${maxCalls} inbound calls are in progress; retry later.`);
          }
          calls += 1;
          try {
            return { from, to, sip_status: await placeCall({ clock, random, port, caller: from, called: to }) };
          } finally {
            calls -= 1;
          }
        },
      );
    },
};
