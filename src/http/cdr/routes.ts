/** `/v1/cdrs` and `/v1/stats`: for apps their own, for operators all. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyReply, FastifyRequest } from "fastify";
import { writeCursor } from "../../cdr/cursor.ts";
import { cdrBody } from "../../cdr/representation.ts";
import type { VerificationFinder } from "../../cdr/search.ts";
import { type StatsAnswer, statistics } from "../../cdr/statistics.ts";
import { type CdrFilter, type CdrStore, dimensions, periods } from "../../cdr/store-port.ts";
import type { Clock } from "../../shared/clock.ts";
import { rfc3339 } from "../../verification/representation.ts";
import { visibleApp } from "../auth/caller.ts";
import { invalidQuery } from "../errors/parts.ts";
import type { ProblemCode } from "../errors/problems.ts";
import { countryOf, rangeOf } from "../request-parts.ts";
import type { ChannelView } from "../verifications/channels.ts";
import { cdrExample } from "./examples.ts";
import { createExports } from "./export.ts";
import { exportFormatOf, filterOf, invalidFilter, placeOf } from "./read.ts";
import { cdrQuery, cdrSearchBody, statsQuery } from "./request-schemas.ts";
import { CdrsBody, StatsBody } from "./schemas.ts";
import { searchRoutes } from "./search-routes.ts";

const defaultLimit = 100;
const tags = ["records"];
const problems: readonly ProblemCode[] = ["forbidden", "records_unavailable"];

const text = { schema: { type: "string" } };
/** Of lists; an export has the same records. */
const listResponse = {
  200: {
    description: "Records, the newest delivery first.",
    content: {
      "application/json": { schema: CdrsBody, example: { cdrs: [cdrExample], next: null } },
      "text/csv": text,
      "application/x-ndjson": text,
    },
  },
};

export interface CdrParts {
  readonly store: CdrStore;
  readonly finder: VerificationFinder;
}

/** @param channels of this gateway: filters name them and their states @param operators whether there are operators' keys */
export function cdrRoutes(
  { store, finder }: CdrParts,
  channels: readonly ChannelView[],
  clock: Clock,
  operators: boolean,
): FastifyPluginAsyncTypebox {
  const security: Record<string, string[]>[] = [{ apiKey: [] }, ...(operators ? [{ operatorKey: [] }] : [])];
  const exports = createExports(store);

  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    filter: CdrFilter,
    part: "body" | "querystring",
    asked: {
      readonly cursor?: string | undefined;
      readonly limit?: number | undefined;
      readonly format?: string | undefined;
    },
  ) {
    const format = exportFormatOf(asked.format, request.headers.accept);
    if (format !== null) {
      if (asked.cursor !== undefined)
        throw invalidFilter(part, "cursor", "does not go with an export, which has no pages");
      if (asked.limit !== undefined)
        throw invalidFilter(part, "limit", "does not go with an export, which has all that match");
      return exports.send(reply, filter, format);
    }
    const { rows, next } = await store.page(filter, placeOf(asked.cursor, filter, part), asked.limit ?? defaultLimit);
    return { cdrs: rows.map(cdrBody), next: next === null ? null : writeCursor(next, filter) };
  }

  return async (scope) => {
    scope.addHook("preClose", async () => exports.stop());
    await scope.register(searchRoutes(finder, channels, security));
    scope.get(
      "/cdrs",
      {
        schema: {
          operationId: "listCdrs",
          summary: "List or export detail records",
          description:
            "One record for each delivery of a verification that has ended. With `Accept: text/csv` or `application/x-ndjson` (or `format`) all records that match are streamed.",
          tags,
          security,
          querystring: cdrQuery(channels),
          response: listResponse,
        },
        config: { scope: "read", alsoOperators: true, atOnce: "records", problems },
      },
      async (request, reply) => {
        const { cursor, limit, format, to, ...asked } = request.query;
        const filter = filterOf(
          { ...asked, ...(to && { to_time: to }) },
          visibleApp(request, asked.app),
          undefined,
          "querystring",
        );
        return answer(request, reply, filter, "querystring", {
          cursor,
          format,
          limit: limit === undefined ? limit : Number(limit),
        });
      },
    );
    scope.post(
      "/cdrs/search",
      {
        schema: {
          operationId: "searchCdrs",
          summary: "Detail records by recipient",
          description:
            "As `GET /v1/cdrs`, with the recipient as one more filter: numbers do not belong in URLs. Without any filter it lists all, too.",
          tags,
          security,
          body: cdrSearchBody(channels),
          response: listResponse,
        },
        config: {
          scope: "read",
          alsoOperators: true,
          atOnce: "records",
          problems: [...problems, "number_invalid", "number_too_short", "number_too_long"],
        },
      },
      async (request, reply) => {
        const { cursor, limit, format, to, to_country: toCountry = null, ...asked } = request.body;
        const recipient = to === undefined ? undefined : finder.recipient(to, toCountry);
        const filter = filterOf(asked, visibleApp(request, asked.app), recipient, "body");
        return answer(request, reply, filter, "body", { cursor, limit, format });
      },
    );
    scope.get(
      "/stats",
      {
        schema: {
          operationId: "getStats",
          summary: "Statistics",
          description:
            "Counts, conversion, ASR, NER, post-dial delay and cost of deliveries by the hour in which they began, once their verification has ended. At most 31 days by hour or prefix, 800 days otherwise; `prefix` not together with `network` or `range`.",
          tags,
          security,
          querystring: statsQuery(channels),
          response: { 200: { ...StatsBody, description: "One entry for each group." } },
        },
        config: { scope: "read", alsoOperators: true, atOnce: "records", problems },
      },
      async (request) => {
        const { from, to, by = "", app, prefix, country, ...where } = request.query;
        const asked = by === "" ? [] : [...new Set(by.split(","))];
        const period = periods.filter((one) => asked.includes(one));
        if (period.length > 1) throw invalidQuery("by", "must have one of hour and day, not both");
        const visible = visibleApp(request, app);
        const range = rangeOf({ from, to }, "querystring");
        const answer = await statistics(
          store,
          {
            ...{ fromMs: range.fromMs ?? null, toMs: range.toMs ?? null, period: period[0] ?? null },
            by: dimensions.filter((one) => asked.includes(one)),
            where: {
              ...where,
              ...(visible !== null && { app: visible }),
              ...(prefix !== undefined && { prefix: `+${prefix}` }),
              ...(country !== undefined && { country: countryOf(country) }),
            },
          },
          clock.nowMs(),
        );
        return statsBody(answer, asked, period[0] ?? null);
      },
    );
  };
}

function statsBody({ fromMs, toMs, groups, total }: StatsAnswer, by: string[], period: string | null) {
  return {
    ...{ from: rfc3339(fromMs), to: rfc3339(toMs), by },
    stats: groups.map(({ atMs, values, figures }) => ({
      ...(period !== null && atMs !== null && { [period]: rfc3339(atMs) }),
      ...values,
      ...figuresBody(figures),
    })),
    total: figuresBody(total),
  };
}

function figuresBody({ pddMs, costPerVerified, ...figures }: StatsAnswer["total"]) {
  return { ...figures, pdd_ms: pddMs, cost_per_verified: costPerVerified };
}
