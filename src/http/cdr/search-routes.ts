/** `/v1/verifications/search`: what became of a person's verifications, for support. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { writeCursor } from "../../cdr/cursor.ts";
import type { FoundVerification, VerificationFinder, VerificationSearch } from "../../cdr/search.ts";
import { rfc3339, rfc3339OrNull } from "../../verification/representation.ts";
import { visibleApp } from "../auth/caller.ts";
import { rangeOf } from "../request-parts.ts";
import type { ChannelView } from "../verifications/channels.ts";
import { placeOf } from "./read.ts";
import { verificationSearchBody } from "./request-schemas.ts";
import { FoundVerificationsBody } from "./schemas.ts";

const defaultLimit = 20;

export function searchRoutes(
  finder: VerificationFinder,
  channels: readonly ChannelView[],
  security: Record<string, string[]>[],
): FastifyPluginAsyncTypebox {
  return async (scope) => {
    scope.post(
      "/verifications/search",
      {
        schema: {
          operationId: "searchVerifications",
          summary: "Find verifications",
          description:
            "Open ones by `to`; those that have ended by any filter or none, from about a second after their end as long as records are kept. An operator gives `to`, `reference` or `app`.",
          tags: ["verifications"],
          security,
          body: verificationSearchBody(channels),
          response: { 200: { ...FoundVerificationsBody, description: "The one that was started last first." } },
        },
        config: {
          scope: "read",
          alsoOperators: true,
          atOnce: "records",
          problems: ["forbidden", "number_invalid", "number_too_short", "number_too_long", "records_unavailable"],
        },
      },
      async (request) => {
        const { cursor, limit = defaultLimit, to, country = null, from, to_time, app, ...asked } = request.body;
        const visible = visibleApp(request, app);
        const search: VerificationSearch = {
          ...asked,
          ...(to !== undefined && { to: finder.recipient(to, country) }),
          ...rangeOf({ from, to: to_time }, "body", "to_time"),
        };
        const query = { app: visible, ...search };
        const { rows, next } = await finder.find(visible, search, placeOf(cursor, query, "body"), limit);
        return { verifications: rows.map(foundBody), next: next === null ? null : writeCursor(next, query) };
      },
    );
  };
}

function foundBody({ createdAtMs, endedAtMs, deliveries, ...found }: FoundVerification) {
  return {
    ...found,
    created_at: rfc3339(createdAtMs),
    ended_at: rfc3339OrNull(endedAtMs),
    deliveries: deliveries.map(({ startedAtMs, endedAtMs: overAtMs, ...delivery }) => {
      return { ...delivery, started_at: rfc3339(startedAtMs), ended_at: rfc3339OrNull(overAtMs) };
    }),
  };
}
