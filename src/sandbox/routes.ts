/** The sandbox's own routes: the simulated phone's call log and buttons, and the page. */

import path from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyPluginAsync, FastifyReply } from "fastify";
import type { Clock } from "../shared/clock.ts";
import type { Activity } from "./activity.ts";
import { EventStreams } from "./event-stream.ts";
import { callerIdDigits, callerIdPrefix, callerIdPrefixForPeople, examples } from "./fiction.ts";
import type { Phone, PhoneAnswer, PhoneCall } from "./phone.ts";
import { problem } from "./problem.ts";

/** The page loads only its own files and has no inline script or style. */
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

export interface SandboxRoutesOptions {
  readonly phone: Phone;
  readonly activity: Activity;
  readonly clock: Clock;
  /** The key that the page and its curl commands use. */
  readonly apiKey: string;
  /** Names of the channels that the gateway offers, the default first. */
  readonly channels: () => readonly string[];
  /** The routes that channels add (channels/index.ts). */
  readonly channelRoutes: readonly FastifyPluginAsync[];
}

/**
 * `GET /`, `GET /sandbox/{calls,events,settings}`, `POST /sandbox/calls/{id}/{answer,decline}` and what channels add.
 * None needs an API key: the sandbox listens on loopback only and holds no personal data.
 */
export function sandboxRoutes(options: SandboxRoutesOptions): FastifyPluginAsync {
  const { phone, activity, clock, apiKey, channels, channelRoutes } = options;
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
      // Already decorated by the API reference.
      decorateReply: false,
      cacheControl: false,
      setHeaders: (reply) => {
        reply.header("content-security-policy", pagePolicy);
        // Another version of the sandbox may use this address later.
        reply.header("cache-control", "no-cache");
      },
    });
    server.get("/sandbox/settings", async () => settings(apiKey, channels()));
    server.get("/sandbox/calls", async () => phone.calls());
    server.get("/sandbox/events", (_, reply) => {
      const stream = streams.open([
        ["calls", phone.calls()],
        ["verification", { id: activity.newest }],
      ]);
      if (!stream) return problem(reply, 503, "capacity", "Too many sandbox pages are open; close some.");
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
        answerWith(reply, phone[verb](request.params.id), phone.find(request.params.id)),
      );
    act("answer");
    act("decline");
    for (const routes of channelRoutes) await server.register(routes);
  };
}

/** The answer of `GET /sandbox/settings`. */
function settings(apiKey: string, channels: readonly string[]) {
  return {
    api_key: apiKey,
    channels,
    caller_id: { prefix: callerIdPrefix, prefix_for_people: callerIdPrefixForPeople, digits: callerIdDigits },
    examples,
  };
}

function answerWith(reply: FastifyReply, answer: PhoneAnswer, call: PhoneCall | null): FastifyReply {
  if (answer === "done") return reply.send(call);
  if (answer === "unknown") return problem(reply, 404, "call_not_found", "No call in the phone's log has this id.");
  return problem(reply, 409, "call_not_ringing", "This call is not ringing: not yet, or no longer.");
}
