/** `/v1/webhooks`: an app's endpoints. One of another app is not found. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyRequest } from "fastify";
import type { Scope } from "../../apps/scopes.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Webhooks } from "../../webhooks/service.ts";
import { urlProblem } from "../../webhooks/urls.ts";
import { appOf } from "../auth/app.ts";
import { invalidBody, invalidQuery } from "../errors/parts.ts";
import type { ProblemCode } from "../errors/problems.ts";
import { RequestRefusal } from "../errors/request-refusal.ts";
import { timeOf } from "../request-parts.ts";
import { NoBody } from "../schemas.ts";
import { deadLettersBody, deliveriesBody, webhookBody } from "./representation.ts";
import {
  ChangeWebhookBody,
  CreateWebhookBody,
  DeadLettersBody,
  DeliveriesBody,
  PageQuery,
  ReplayBody,
  ReplayedBody,
  TestBody,
  WebhookBody,
  WebhookParams,
  WebhooksBody,
  WebhookWithSecretBody,
} from "./schemas.ts";

const tags = ["webhooks"];
const security = [{ apiKey: [] }];
const notFound = "No webhook endpoint has this id.";
/** Endpoints are read from the mirror, changed and searched for dead letters in records. */
const problems: readonly ProblemCode[] = ["records_unavailable"];
/** Endpoints get all events of the app, and a new secret lets its holder forge them: changing them is more than `verify` or `read`. */
const reads: readonly Scope[] = ["read", "admin"];
const changes = { config: { scope: "admin", notFound, problems } } as const;

export interface WebhookRoutesParts {
  readonly service: Webhooks;
  /** `webhooks.allow_private` */
  readonly urlsMayBePrivate: boolean;
}

export function webhookRoutes(parts: WebhookRoutesParts, clock: Pick<Clock, "nowMs">): FastifyPluginAsyncTypebox {
  const { service, urlsMayBePrivate } = parts;
  const app = (request: FastifyRequest) => appOf(request).name;

  function checkUrl(url: string | undefined): void {
    const detail = url === undefined ? null : urlProblem(url, urlsMayBePrivate);
    if (detail !== null) throw invalidBody("/url", detail);
  }

  return async (scope) => {
    scope.post(
      "/webhooks",
      {
        schema: {
          operationId: "createWebhook",
          summary: "Register a webhook endpoint",
          description:
            "From now on the events of this app are POSTed to it, signed as Standard Webhooks says, in order for each verification, and retried for a day. A repetition registers a second endpoint: after a time-out list them first.",
          ...{ tags, security, body: CreateWebhookBody },
          response: { 201: { ...WebhookWithSecretBody, description: "It gets events; `secret` is shown only here." } },
        },
        config: { scope: "admin", problems },
      },
      async (request, reply) => {
        const { url, events = [] } = request.body;
        checkUrl(url);
        const endpoint = await service.create(app(request), url, events);
        reply.code(201);
        return { ...webhookBody(endpoint, clock.nowMs()), secret: endpoint.secret };
      },
    );
    scope.get(
      "/webhooks",
      {
        schema: {
          operationId: "listWebhooks",
          summary: "All webhook endpoints of the app",
          ...{ tags, security },
          response: { 200: { ...WebhooksBody, description: "The oldest first." } },
        },
        config: { scope: reads },
      },
      async (request) => ({
        webhooks: (await service.list(app(request))).map((endpoint) => webhookBody(endpoint, clock.nowMs())),
      }),
    );
    scope.get(
      "/webhooks/:id",
      {
        schema: {
          operationId: "getWebhook",
          summary: "A webhook endpoint",
          ...{ tags, security, params: WebhookParams },
          response: { 200: { ...WebhookBody, description: "The endpoint, without its secret." } },
        },
        config: { scope: reads, notFound },
      },
      async (request) => webhookBody(found(await service.find(app(request), request.params.id)), clock.nowMs()),
    );
    scope.patch(
      "/webhooks/:id",
      {
        schema: {
          operationId: "changeWebhook",
          summary: "Change, disable or enable a webhook endpoint",
          ...{ tags, security, params: WebhookParams, body: ChangeWebhookBody },
          response: { 200: { ...WebhookBody, description: "As it is now." } },
        },
        ...changes,
      },
      async (request) => {
        checkUrl(request.body.url);
        return webhookBody(found(await service.change(app(request), request.params.id, request.body)), clock.nowMs());
      },
    );
    scope.delete(
      "/webhooks/:id",
      {
        schema: {
          operationId: "deleteWebhook",
          summary: "Delete a webhook endpoint",
          description: "With all that is queued for it and its dead letters.",
          ...{ tags, security, params: WebhookParams },
          response: { 204: { type: "null", description: "It gets no more events." } },
        },
        ...changes,
      },
      async (request, reply) => {
        if (!(await service.remove(app(request), request.params.id))) throw new RequestRefusal(404, notFound);
        return reply.code(204).send(null);
      },
    );
    scope.post(
      "/webhooks/:id/rotate-secret",
      {
        schema: {
          operationId: "rotateWebhookSecret",
          summary: "Give a webhook endpoint a new secret",
          description: "Until `previous_secret_until` both sign, so receivers can be changed one by one.",
          ...{ tags, security, params: WebhookParams, body: NoBody },
          response: { 200: { ...WebhookWithSecretBody, description: "With the new secret." } },
        },
        ...changes,
      },
      async (request) => {
        const endpoint = found(await service.rotate(app(request), request.params.id));
        return { ...webhookBody(endpoint, clock.nowMs()), secret: endpoint.secret };
      },
    );
    scope.post(
      "/webhooks/:id/test",
      {
        schema: {
          operationId: "testWebhook",
          summary: "Send a test event to a webhook endpoint",
          description: "A `webhook.test` event, once, now, whether it is enabled or not.",
          ...{ tags, security, params: WebhookParams, body: NoBody },
          response: { 200: { ...TestBody, description: "What came of it." } },
        },
        config: { scope: "admin", notFound, atOnce: "webhook_test" },
      },
      async (request) => {
        const { delivered, status, error, durationMs } = found(await service.test(app(request), request.params.id));
        return { delivered, status, error, duration_ms: durationMs };
      },
    );
    scope.get(
      "/webhooks/:id/deliveries",
      {
        schema: {
          operationId: "listWebhookDeliveries",
          summary: "The newest tries of a webhook endpoint",
          ...{ tags, security, params: WebhookParams, querystring: PageQuery },
          response: { 200: { ...DeliveriesBody, description: "The newest first." } },
        },
        config: { scope: reads, notFound },
      },
      async (request) => {
        const { limit = "50", cursor = null } = request.query;
        if (cursor !== null && !/^\d{1,16}-\d{1,16}$/.test(cursor)) throw unknownCursor();
        return deliveriesBody(found(await service.tries(app(request), request.params.id, cursor, Number(limit))));
      },
    );
    scope.get(
      "/webhooks/:id/dead-letters",
      {
        schema: {
          operationId: "listWebhookDeadLetters",
          summary: "Events that a webhook endpoint did not get",
          ...{ tags, security, params: WebhookParams, querystring: PageQuery },
          response: { 200: { ...DeadLettersBody, description: "In the order in which they were queued." } },
        },
        config: { scope: reads, notFound, problems, atOnce: "records" },
      },
      async (request) => {
        const { limit = "50", cursor = null } = request.query;
        if (cursor !== null && !/^\d{1,16}\.[\w-]{1,150}$/.test(cursor)) throw unknownCursor();
        return deadLettersBody(
          found(await service.deadLetters(app(request), request.params.id, cursor, Number(limit))),
        );
      },
    );
    scope.post(
      "/webhooks/:id/replay",
      {
        schema: {
          operationId: "replayWebhook",
          summary: "Queue dead letters of a webhook endpoint again",
          description: "Each is tried for another day, with the id that it had.",
          ...{ tags, security, params: WebhookParams, body: ReplayBody },
          response: { 202: { ...ReplayedBody, description: "They are queued." } },
        },
        ...changes,
      },
      async (request, reply) => {
        const { events, since } = request.body;
        if ((events === undefined) === (since === undefined)) {
          throw invalidBody("", "must have exactly one of `events` and `since`");
        }
        const which = events === undefined ? { sinceMs: timeOf(since, "since", "body") ?? 0 } : { eventIds: events };
        reply.code(202);
        return found(await service.replay(app(request), request.params.id, which));
      },
    );
  };
}

function found<T>(value: T | null): T {
  if (value === null) throw new RequestRefusal(404, notFound);
  return value;
}

function unknownCursor(): RequestRefusal {
  return invalidQuery("cursor", "must be `next` of the page before");
}
