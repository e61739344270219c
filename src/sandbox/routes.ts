/** The sandbox's own routes: the simulated phone's calls and messages, and the page. */

import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyPluginAsync } from "fastify";
import type { Clock } from "../shared/clock.ts";
import type { Activity } from "./activity.ts";
import { callRoutes } from "./call-routes.ts";
import { EventStreams } from "./event-stream.ts";
import { callerIdDigits, callerIdPrefix, callerIdPrefixForPeople, examplesOf } from "./fiction.ts";
import type { Inbox } from "./inbox.ts";
import { messageRoutes } from "./message-routes.ts";
import type { Phone } from "./phone.ts";
import { problem } from "./problem.ts";
import type { RunningStandIns } from "./stand-ins.ts";

/** The page loads only its own files and has no inline script or style. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "frame-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

export interface SandboxRoutesOptions {
  readonly phone: Phone;
  readonly inbox: Inbox;
  readonly activity: Activity;
  readonly standIns: Pick<RunningStandIns, "channelsThatFail" | "recipients">;
  readonly clock: Clock;
  /** The key that the page and its curl commands use. */
  readonly apiKey: string;
  /** Names of the channels that the gateway offers, the default first. */
  readonly channels: () => readonly string[];
  /** The routes that channels add (channels/index.ts). */
  readonly channelRoutes: readonly FastifyPluginAsync[];
}

/**
 * `GET /`, `GET /sandbox/{calls,messages,events,settings}`, what a phone does with calls, and what channels add.
 * None needs an API key: the sandbox listens on loopback only and holds no personal data.
 */
export function sandboxRoutes(options: SandboxRoutesOptions): FastifyPluginAsync {
  const { phone, inbox, activity, standIns, clock, apiKey, channels, channelRoutes } = options;
  return async (server) => {
    const streams = new EventStreams(clock);
    const subscriptions = [
      phone.subscribe((call) => streams.send("call", call)),
      inbox.subscribe((message) => streams.send("message", message)),
      activity.subscribe((id) => streams.send("verification", { id })),
    ];
    // Before the server waits for its connections to end: an event stream never does so by itself.
    server.addHook("preClose", async () => {
      for (const unsubscribe of subscriptions) unsubscribe();
      streams.close();
    });

    await server.register(fastifyStatic, {
      root: fileURLToPath(new URL("page", import.meta.url)),
      // Already decorated by the API reference.
      decorateReply: false,
      cacheControl: false,
      setHeaders: (reply) => {
        reply.header("content-security-policy", pagePolicy);
        // Another version of the sandbox may use this address later.
        reply.header("cache-control", "no-cache");
      },
    });
    // Made once: some stand-ins register a device for each.
    const examples = examplesOf(standIns);
    server.get("/sandbox/settings", async () => ({
      api_key: apiKey,
      channels: channels(),
      caller_id: { prefix: callerIdPrefix, prefix_for_people: callerIdPrefixForPeople, digits: callerIdDigits },
      examples,
    }));
    server.get("/sandbox/events", (_, reply) => {
      const stream = streams.open([
        ["calls", phone.calls()],
        ["verification", { id: activity.newest }],
        ["messages", inbox.messages()],
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
    await server.register(callRoutes(phone));
    await server.register(messageRoutes(inbox));
    for (const routes of channelRoutes) await server.register(routes);
  };
}
