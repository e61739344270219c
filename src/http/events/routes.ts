/** `/v1/events` and `/v1/verifications/{id}/events`: live event streams. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyReply } from "fastify";
import { Type } from "typebox";
import type { AppDirectory } from "../../apps/directory.ts";
import type { LiveStreams, OpenStream, StreamClient } from "../../live/index.ts";
import { readStreamId } from "../../live/stream-ids.ts";
import type { Tokens } from "../../tokens/index.ts";
import { appOf, noKey } from "../auth/app.ts";
import { tokenExpired } from "../auth/client-token.ts";
import { VerificationParams } from "../schemas.ts";
import { verificationOf } from "../server/request-log.ts";
import { readLastEventId, readSeq, readTypes } from "./last-event-id.ts";
import { streamOutput } from "./output.ts";
import { EventsQuery, StreamHeaders, streamResponse, VerificationStreamQuery } from "./schemas.ts";

const tags = ["events"];

export interface EventRoutesParts {
  readonly live: LiveStreams;
  /** Whether an operator's key is taken too: for the operator's stream. */
  readonly operators: boolean;
  /** As every request is identified: a stream ends when its key or token is not valid any more. */
  readonly identify: AppDirectory["find"];
  readonly onChange: AppDirectory["onChange"];
  /** Judges what requests by client tokens may see. */
  readonly tokens: Pick<Tokens, "mayRead">;
}

export function eventRoutes({
  live,
  operators,
  identify,
  onChange,
  tokens,
}: EventRoutesParts): FastifyPluginAsyncTypebox {
  const openStreams = new Set<SentStream>();
  onChange(() => {
    for (const one of openStreams) if (identify(one.authorization) === null) one.revoke();
  });
  function send(reply: FastifyReply, stream: OpenStream): FastifyReply {
    const { app, headers } = reply.request;
    // Its key may have been revoked while the stream was being opened: it would not be found among those that are to end.
    if (app !== null && identify(headers.authorization) === null) {
      stream.abandon();
      throw noKey(reply.request);
    }
    return sendStream(reply, stream, openStreams);
  }
  const forClients: StreamClient = {
    judge(verification) {
      if (!tokens.mayRead(verification)) throw tokenExpired();
    },
  };

  return async (scope) => {
    // A stream never ends by itself, and the server waits for its responses.
    scope.addHook("preClose", () => live.close());

    scope.get(
      "/events",
      {
        // A HEAD would open a stream.
        exposeHeadRoute: false,
        schema: {
          operationId: "streamEvents",
          summary: "All events, live",
          description:
            "Server-sent events: every event of the app from now on, or after Last-Event-ID, at any gateway. An event `stream.gap` stands for events that are not kept any more.",
          tags,
          security: [{ apiKey: [] }, ...(operators ? [{ operatorKey: [] }] : [])],
          headers: StreamHeaders,
          querystring: EventsQuery,
          response: { 200: streamResponse("The stream. It ends when the gateway stops; the client reconnects.") },
        },
        config: { scope: "read", alsoOperators: operators },
      },
      async (request, reply) => {
        const expected = "must be the `id` of an event of this stream, or 0 for all that are kept";
        const after = readLastEventId(request, readStreamId, expected);
        const types = readTypes(request.query.types);
        const owner = request.operator === null ? appOf(request).name : null;
        return send(reply, await live.openEvents(owner, after, types));
      },
    );

    scope.get(
      "/verifications/:id/events",
      {
        exposeHeadRoute: false,
        schema: {
          operationId: "streamVerification",
          summary: "Events of one verification, live",
          description:
            "Server-sent events: all events of the verification from its start, or after Last-Event-ID, which is the `seq` of an event. Ends with `verification.ended`. While it is open it counts as a sign of a person, as reading the state does.",
          tags,
          security: [{ apiKey: [] }, { clientToken: [] }],
          params: VerificationParams,
          headers: StreamHeaders,
          querystring: VerificationStreamQuery,
          response: {
            200: streamResponse("The stream, until the verification has ended."),
            204: Type.Null({ description: "It has ended, and the client has all its events: EventSource stops here." }),
          },
        },
        config: { scope: ["verify", "read"], clientToken: "own", problems: ["verification_not_found"] },
      },
      async (request, reply) => {
        const after = readLastEventId(request, readSeq, "must be the `seq` of an event");
        const client = request.holder === null ? null : forClients;
        const opened = await live.openVerification(appOf(request), request.params.id, after ?? 0, client);
        return opened === null ? reply.code(204).send(null) : send(reply, opened);
      },
    );
  };
}

interface SentStream {
  readonly authorization: string | undefined;
  revoke(): void;
}

/** Sends the headers, and hands the response over to the stream. @param open of apps, as long as they are */
function sendStream(reply: FastifyReply, stream: OpenStream, open: Set<SentStream>): FastifyReply {
  const { raw, request } = reply;
  reply
    .header("content-type", "text/event-stream; charset=utf-8")
    // nginx would collect a stream before it passes it on.
    .header("x-accel-buffering", "no")
    // Kept alive, it would outlast the stream and hold up a server that is closing.
    .header("connection", "close")
    .hijack();
  if (raw.destroyed) {
    stream.abandon();
    return reply;
  }
  raw.writeHead(200, reply.getHeaders() as Record<string, string>);
  request.server.streamBegan(reply);
  const { log, method, routeOptions } = request;
  const line = {
    ...{ request: request.id, app: request.app?.name, operator: request.operator ?? undefined },
    ...{ method, route: routeOptions.url, verification: verificationOf(request, reply), status: reply.statusCode },
  };
  const beganMs = performance.now();
  let isRevoked = false;
  const sent: SentStream = {
    authorization: request.headers.authorization,
    revoke() {
      isRevoked = true;
      raw.destroy();
    },
  };
  if (request.app !== null) open.add(sent);
  stream.begin(streamOutput(raw), (end) => {
    open.delete(sent);
    const why = isRevoked ? "revoked" : end;
    log.info({ ...line, why, ms: Math.round(performance.now() - beganMs) }, "event stream ended");
  });
  return reply;
}
