/** For operators: apps and their API keys. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyRequest } from "fastify";
import { appBody, keyBody } from "../../apps/representation.ts";
import type { AppsService, NewKey } from "../../apps/service.ts";
import { operatorOf } from "../auth/operator.ts";
import type { ProblemCode } from "../errors/problems.ts";
import { RequestRefusal } from "../errors/request-refusal.ts";
import { neverShed } from "../server/under-pressure.ts";
import {
  AppBody,
  AppParams,
  AppsBody,
  AppsQuery,
  ChangeAppBody,
  CreateAppBody,
  CreateKeyBody,
  KeyParams,
  KeysBody,
  NewKeyBody,
  RotatedKeyBody,
  RotateKeyBody,
  standardOverlapSeconds,
} from "./app-schemas.ts";

const tags = ["administration"];
const security = [{ operatorKey: [] }];
const noApp = "There is no app of this name.";
const noKey = "The app has no key with this id. Keys of the configuration have none.";
const changing: readonly ProblemCode[] = ["conflict", "records_unavailable"];
/** An operator revokes keys most urgently when the gateway is overloaded. */
const reads = { ...neverShed, notFound: noApp };
const changes = { ...neverShed, notFound: noApp, problems: changing };
const changesKey = { ...neverShed, notFound: noKey, problems: changing };

/** @param appsFor the service in the name of an operator */
export function appRoutes(appsFor: (who: string) => AppsService): FastifyPluginAsyncTypebox {
  const apps = (request: FastifyRequest) => appsFor(operatorOf(request));

  return async (scope) => {
    scope.post(
      "/apps",
      {
        schema: {
          operationId: "createApp",
          summary: "Add an app",
          description:
            "Known to every gateway within a second. It has no key yet. A name that was another app's is refused while that one's records are kept.",
          ...{ tags, security, body: CreateAppBody },
          response: { 201: { ...AppBody, description: "The app." } },
        },
        config: { ...neverShed, problems: changing },
      },
      async (request, reply) => {
        const { name, ...profile } = request.body;
        const app = await apps(request).create(name, profile);
        reply.code(201).header("location", `/v1/admin/apps/${name}`);
        return appBody(app);
      },
    );
    scope.get(
      "/apps",
      {
        schema: {
          operationId: "listApps",
          summary: "All apps, those of the configuration included",
          ...{ tags, security, querystring: AppsQuery },
          response: { 200: { ...AppsBody, description: "A page of them." } },
        },
        config: { ...neverShed },
      },
      async (request) => {
        const { cursor = null, limit = "100" } = request.query;
        const page = await apps(request).list(cursor, Number(limit));
        return { apps: page.apps.map(appBody), next: page.next };
      },
    );
    scope.get(
      "/apps/:name",
      {
        schema: {
          operationId: "getApp",
          summary: "An app",
          ...{ tags, security, params: AppParams },
          response: { 200: { ...AppBody, description: "The app." } },
        },
        config: reads,
      },
      async (request) => appBody(found(await apps(request).find(request.params.name), noApp)),
    );
    scope.patch(
      "/apps/:name",
      {
        schema: {
          operationId: "changeApp",
          summary: "Change an app's profile",
          description: "Applies to what begins from now on, at every gateway within a second.",
          ...{ tags, security, params: AppParams, body: ChangeAppBody },
          response: { 200: { ...AppBody, description: "As it is now." } },
        },
        config: changes,
      },
      async (request) => appBody(found(await apps(request).change(request.params.name, request.body), noApp)),
    );
    scope.delete(
      "/apps/:name",
      {
        schema: {
          operationId: "deleteApp",
          summary: "Delete an app",
          description:
            "With its keys and webhook endpoints: its requests are refused by every gateway within a second, and no further step of its open verifications begins. Its records stay as long as they are kept.",
          ...{ tags, security, params: AppParams },
          response: { 204: { type: "null", description: "It is deleted." } },
        },
        config: changes,
      },
      async (request, reply) => {
        found(await apps(request).remove(request.params.name), noApp);
        return reply.code(204).send(null);
      },
    );
    scope.post(
      "/apps/:name/keys",
      {
        schema: {
          operationId: "createKey",
          summary: "Make an API key for an app",
          description: "Also for an app of the configuration. Only its hash is kept.",
          ...{ tags, security, params: AppParams, body: CreateKeyBody },
          response: { 201: { ...NewKeyBody, description: "`key` is shown only here." } },
        },
        config: changes,
      },
      async (request, reply) => {
        const { scopes, expires_at: end = null } = request.body;
        const order = { scopes, expiresAtMs: end === null ? null : Date.parse(end) };
        const key = found(await apps(request).addKey(request.params.name, order), noApp);
        reply.code(201);
        return newKeyBody(key);
      },
    );
    scope.get(
      "/apps/:name/keys",
      {
        schema: {
          operationId: "listKeys",
          summary: "The keys of an app that were made here",
          ...{ tags, security, params: AppParams },
          response: { 200: { ...KeysBody, description: "Without the keys themselves." } },
        },
        config: reads,
      },
      async (request) => ({ keys: found(await apps(request).find(request.params.name), noApp).keys.map(keyBody) }),
    );
    scope.post(
      "/apps/:name/keys/:id/rotate",
      {
        schema: {
          operationId: "rotateKey",
          summary: "Replace a key by a new one",
          description:
            "With the same scopes. Both are valid for `overlap_seconds`, so that servers can be changed one by one.",
          ...{ tags, security, params: KeyParams, body: RotateKeyBody },
          response: { 201: { ...RotatedKeyBody, description: "`key` is shown only here." } },
        },
        config: changesKey,
      },
      async (request, reply) => {
        const { overlap_seconds: overlap = standardOverlapSeconds, expires_at: end } = request.body ?? {};
        const { name, id } = request.params;
        const expiresAtMs = typeof end === "string" ? Date.parse(end) : end;
        const rotated = found(
          await apps(request).rotateKey(name, id, { overlapMs: overlap * 1000, expiresAtMs }),
          noKey,
        );
        reply.code(201);
        return { ...newKeyBody(rotated.key), previous: keyBody(rotated.previous) };
      },
    );
    scope.delete(
      "/apps/:name/keys/:id",
      {
        schema: {
          operationId: "revokeKey",
          summary: "Revoke a key",
          description: "Refused by every gateway within a second; event streams that were opened with it end.",
          ...{ tags, security, params: KeyParams },
          response: { 204: { type: "null", description: "It is revoked." } },
        },
        config: changesKey,
      },
      async (request, reply) => {
        const { name, id } = request.params;
        found(await apps(request).revokeKey(name, id), noKey);
        return reply.code(204).send(null);
      },
    );
  };
}

function found<T>(value: T | null, detail: string): T {
  if (value === null) throw new RequestRefusal(404, detail);
  return value;
}

function newKeyBody(key: NewKey) {
  return { ...keyBody(key), key: key.key };
}
