/** The sandbox's own routes: what the simulated phone saw, what its owner does, and the page. */

import path from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyPluginAsync, FastifyReply } from "fastify";
import { e164Pattern } from "../numbers/e164.ts";
import type { Clock } from "../shared/clock.ts";
import type { Activity } from "./activity.ts";
import { EventStreams } from "./event-stream.ts";
import { callerIdDigits, callerIdPrefix, callerIdPrefixForPeople, examples } from "./fiction.ts";
import type { Phone, PhoneAnswer, PhoneCall } from "./phone.ts";

/** Everything that the page may load is its own; nothing is written into it as script or style. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

/** One socket each. */
const maxCallsIn = 20;
const caller = { type: "string", pattern: `${e164Pattern}|^anonymous$` };
const called = { type: "string", pattern: e164Pattern };
const callInBody = {
  type: "object",
  required: ["from", "to"],
  additionalProperties: false,
  properties: { from: caller, to: called },
};

export interface SandboxRoutesOptions {
  readonly phone: Phone;
  /** Calls a number of ours from a phone. @returns the final SIP status; null where none came */
  readonly callIn: (caller: string, called: string) => Promise<number | null>;
  readonly activity: Activity;
  readonly clock: Clock;
  /** The key that the page and its curl commands use. */
  readonly apiKey: string;
}

/**
 * `GET /`, `GET /sandbox/{calls,events,settings}`, `POST /sandbox/calls/{id}/{answer,decline}`, `POST /sandbox/call-in`.
 * None of them needs an API key: the sandbox listens on loopback only and holds nobody's data.
 */
export function sandboxRoutes({ phone, callIn, activity, clock, apiKey }: SandboxRoutesOptions): FastifyPluginAsync {
  return async (server) => {
    const streams = new EventStreams(clock);
    const subscriptions = [
      phone.subscribe((call) => streams.send("call", call)),
      activity.subscribe((id) => streams.send("verification", { id })),
    ];
    // Before the server waits for its connections to end: an event stream never does so by itself.
    server.addHook("preClose", async () => {
      for (const unsubscribe of subscriptions) unsubscribe();
      streams.close();
    });

    await server.register(fastifyStatic, {
      root: path.resolve(import.meta.dirname, "page"),
      // The scope has it already, from the reference's pages.
      decorateReply: false,
      cacheControl: false,
      setHeaders: (reply) => {
        reply.header("content-security-policy", pagePolicy);
        // A newer version of the sandbox may listen here tomorrow.
        reply.header("cache-control", "no-cache");
      },
    });
    server.get("/sandbox/settings", async () => settings(apiKey));
    server.get("/sandbox/calls", async () => phone.calls());
    server.get("/sandbox/events", (_, reply) => {
      const stream = streams.open([
        ["calls", phone.calls()],
        ["verification", { id: activity.newest }],
      ]);
      if (!stream) return problem(reply, 503, "capacity", "Too many pages are open: close some.");
      return (
        reply
          .header("content-type", "text/event-stream")
          .header("cache-control", "no-store")
          // Kept alive, it would outlast the stream and hold up a server that is closing.
          .header("connection", "close")
          .header("x-accel-buffering", "no")
          .send(stream)
      );
    });
    const act = (verb: "answer" | "decline") =>
      server.post<{ Params: { id: string } }>(`/sandbox/calls/:id/${verb}`, async (request, reply) =>
        tell(reply, phone[verb](request.params.id), phone.find(request.params.id)),
      );
    act("answer");
    act("decline");
    let callsIn = 0;
    server.post<{ Body: { from: string; to: string } }>(
      "/sandbox/call-in",
      { schema: { body: callInBody } },
      async (request, reply) => {
        const { from, to } = request.body;
        if (callsIn >= maxCallsIn) return problem(reply, 503, "capacity", "Too many calls come in at once.");
        callsIn += 1;
        try {
          return { from, to, sip_status: await callIn(from, to) };
        } finally {
          callsIn -= 1;
        }
      },
    );
  };
}

/** What the page must know of this sandbox. */
function settings(apiKey: string) {
  return {
    api_key: apiKey,
    caller_id: { prefix: callerIdPrefix, prefix_for_people: callerIdPrefixForPeople, digits: callerIdDigits },
    examples,
  };
}

function tell(reply: FastifyReply, answer: PhoneAnswer, call: PhoneCall | null): FastifyReply {
  if (answer === "done") return reply.send(call);
  if (answer === "unknown") return problem(reply, 404, "call_not_found", "The phone knows no such call.");
  return problem(reply, 409, "call_not_ringing", "That call does not ring: not yet, or not any more.");
}

/** An RFC 9457 problem. These codes exist in the sandbox only and are no part of the API's contract. */
function problem(reply: FastifyReply, status: number, code: string, detail: string): FastifyReply {
  const type = `urn:onering:problem:${code}`;
  return reply
    .code(status)
    .type("application/problem+json; charset=utf-8")
    .send(JSON.stringify({ type, title: code.replaceAll("_", " "), status, detail, code }));
}
