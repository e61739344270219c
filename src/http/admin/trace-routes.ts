/** For operators: which SIP messages a call consisted of. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { type Static, Type } from "typebox";
import { Refusal } from "../../shared/refusal.ts";
import type { CallTrace, FindTraces } from "../../telephony/call-control/trace.ts";
import { RequestRefusal } from "../errors/request-refusal.ts";
import { written } from "../request-parts.ts";
import { oneOf, time } from "../schemas.ts";
import { neverShed } from "../server/under-pressure.ts";

const TraceParams = Type.Object({
  id: written(
    "^[A-Za-z0-9_-]{1,100}$",
    "an id of at most 100 letters, digits, _ and -",
    "Id of a verification, or of one of its call attempts (`attemptId` in the log).",
    { examples: ["v00ffAAAAAAAAAAAAAAAAAAAAAA"] },
  ),
});

const Trace = Type.Object({
  call_id: Type.String({ description: "The call attempt." }),
  trunk: Type.String(),
  started_at: time("When it was placed."),
  callee: Type.String({ description: "First digits; an asterisk for each hidden one." }),
  caller_id: Type.String({ description: "First digits; an asterisk for each hidden one." }),
  messages: Type.Array(
    Type.Object({
      ms: Type.Number({ description: "Milliseconds since the call was placed." }),
      direction: oneOf(["in", "out"], "`out`: sent by the gateway, or its Asterisk."),
      peer: Type.String({ description: "The far end: address, port, transport." }),
      message: Type.String({ description: "Method, or status and phrase with the method that it answers." }),
    }),
    { description: "In their order; what was retransmitted is there again." },
  ),
  omitted: Type.Integer({ description: "Messages beyond the first 64." }),
});

const example: Static<typeof Trace> = {
  call_id: "v00ffAAAAAAAAAAAAAAAAAAAAAA-1",
  trunk: "carrier-a",
  started_at: "2026-03-01T12:00:00.000Z",
  callee: "+4477********",
  caller_id: "+4420********",
  messages: [
    { ms: 0.3, direction: "out", peer: "198.51.100.7:5060/tcp", message: "INVITE" },
    { ms: 812.4, direction: "in", peer: "198.51.100.7:5060/tcp", message: "180 Ringing to INVITE" },
  ],
  omitted: 0,
};

const TraceBody = Type.Object(
  { calls: Type.Array(Trace, { description: "The attempts, the oldest first." }) },
  { title: "Trace", examples: [{ calls: [example] }] },
);

const notFound =
  "This gateway keeps no trace of this call: it was not placed here, is not among the newest, or goes through an Asterisk whose messages the SIP capture did not see, or has not ended there.";

/** Of several processes the others are asked. */
export type AskTraces = (id: string) => ReturnType<FindTraces> | Promise<ReturnType<FindTraces>>;

export function traceRoutes(find: AskTraces): FastifyPluginAsyncTypebox {
  return async (scope) => {
    scope.get(
      "/calls/:id/trace",
      {
        schema: {
          operationId: "traceCall",
          summary: "The SIP messages of a call",
          description:
            "Of the newest calls that this gateway placed over trunks with `sip`, as many as `sip.trace_calls` says, and of those through an Asterisk, as many as `sip_capture.trace_calls` says, once they have ended. Numbers are masked.",
          tags: ["administration"],
          security: [{ operatorKey: [] }],
          params: TraceParams,
          response: { 200: { ...TraceBody, description: "Each attempt of the verification, or the one." } },
        },
        config: { ...neverShed, notFound, problems: ["not_supported", "processes_unavailable"] },
      },
      async (request) => {
        const traces = await find(request.params.id);
        if (traces === null) {
          throw new Refusal(
            "not_supported",
            "No traces are kept: set sip.trace_calls (trunks with `sip`), or sip_capture.trace_calls (calls through an Asterisk).",
          );
        }
        if (traces.length === 0) throw new RequestRefusal(404, notFound);
        return { calls: traces.map(traceBody) };
      },
    );
  };
}

function traceBody({ callId, startedAtMs, callerId, messages, ...trace }: CallTrace): Static<typeof Trace> {
  return {
    call_id: callId,
    trunk: trace.trunk,
    started_at: new Date(startedAtMs).toISOString(),
    callee: trace.callee,
    caller_id: callerId,
    messages: messages.map(({ ms, direction, peer, what }) => ({
      ...{ ms: Math.round(ms * 10) / 10, direction, peer, message: what },
    })),
    omitted: trace.omitted,
  };
}
