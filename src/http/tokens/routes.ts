/** `POST /v1/start-tokens`: an app's backend lets one of its pages begin a verification. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { notConfigured } from "../../human-check/require.ts";
import { Refusal } from "../../shared/refusal.ts";
import { rfc3339 } from "../../verification/representation.ts";
import { appOf } from "../auth/app.ts";
import { countryOf } from "../request-parts.ts";
import { exampleNumber } from "../schemas.ts";
import type { ChannelView } from "../verifications/channels.ts";
import { startRequest } from "../verifications/representations.ts";
import type { Pages } from "./pages.ts";
import { StartTokenAnswer, startTokenBody, startTokenLife } from "./schemas.ts";

export function startTokenRoutes(pages: Pages, channels: readonly ChannelView[]): FastifyPluginAsyncTypebox {
  const { tokens, humanChecks, apps } = pages;
  const StartTokenBody = startTokenBody(channels);

  return async (scope) => {
    scope.post(
      "/start-tokens",
      {
        schema: {
          operationId: "createStartToken",
          summary: "Let a page start one verification",
          description:
            "The token begins one verification from a browser or a phone, under the app's guard, with what this request fixes. Hand it to the page of the person who asked for it.",
          tags: ["verifications"],
          security: [{ apiKey: [] }],
          body: StartTokenBody,
          response: { 201: { ...StartTokenAnswer, description: "The token; it is shown once and not kept." } },
        },
        config: { scope: "verify", problems: ["human_check_unavailable"] },
      },
      async (request, reply) => {
        const app = appOf(request);
        const { channels: choice = null, countries = null, expires_in: life, ...body } = request.body ?? {};
        if (choice !== null && (body.channel !== undefined || body.workflow !== undefined)) {
          throw new Refusal("invalid_request", "`channels` cannot be used with `channel` or `workflow`.");
        }
        // What the start would refuse is refused here, where the backend reads it.
        startRequest({ to: exampleNumber, ...body });
        if (body.country !== undefined) countryOf(body.country);
        const grant = {
          ...{ body, channels: choice, keyId: app.keyId },
          countries: countries?.map(countryOf) ?? null,
        };
        const { humanCheck } = apps.profileOf(app.name);
        const check = humanCheck === null ? null : humanChecks.find(humanCheck);
        // The start would be refused, where only a page reads it.
        if (humanCheck !== null && check === null) throw notConfigured(humanCheck);
        const made = tokens.startToken(app.name, grant, (life ?? startTokenLife.usual) * 1000);
        const task = check?.task(made.challenge) ?? null;
        reply.code(201);
        return { token: made.token, expires_at: rfc3339(made.expiresAtMs), human_check: task as never };
      },
    );
  };
}
