/** For operators: who did what. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { Audit, AuditEntry } from "../../audit/port.ts";
import { rangeOf } from "../request-parts.ts";
import { neverShed } from "../server/under-pressure.ts";
import { AuditBody, AuditQuery } from "./audit-schemas.ts";

export function auditRoutes(audit: Pick<Audit, "read">): FastifyPluginAsyncTypebox {
  return async (scope) => {
    scope.get(
      "/audit",
      {
        schema: {
          operationId: "readAuditLog",
          summary: "The audit log: who did what, newest first",
          description:
            "Every administrative act, refused ones included, with what was before and after it. Numbers and addresses are hashes. Nothing can change or remove an entry until its retention is over (`records.retention.audit_days`).",
          tags: ["administration"],
          security: [{ operatorKey: [] }],
          querystring: AuditQuery,
          response: { 200: { ...AuditBody, description: "A page of it." } },
        },
        config: { ...neverShed, problems: ["records_unavailable"] },
      },
      async ({ query }) => {
        const { who, action, target, cursor = null, limit = "100" } = query;
        const { fromMs, toMs: untilMs } = rangeOf(query, "querystring");
        const filter = {
          ...(who !== undefined && { who }),
          ...(action !== undefined && { action }),
          ...(target !== undefined && { target }),
          ...(fromMs !== undefined && { fromMs }),
          ...(untilMs !== undefined && { untilMs }),
        };
        const { entries, next } = await audit.read(filter, cursor, Number(limit));
        return { entries: entries.map(entryBody), next };
      },
    );
  };
}

function entryBody({ id, atMs, who, action, target, outcome, before, after }: AuditEntry) {
  return { id, at: new Date(atMs).toISOString(), who, action, target, outcome, before, after };
}
