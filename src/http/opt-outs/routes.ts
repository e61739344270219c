/** Opt-outs: links for apps, and what operators may look at, add and remove. Numbers stand in bodies, never in URLs. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { Audit, Json } from "../../audit/port.ts";
import type { OptOutLinks } from "../../opt-out/index.ts";
import type { OptOuts } from "../../opt-out/service.ts";
import { Refusal } from "../../shared/refusal.ts";
import type { CalleeRef } from "../../verification/hashes.ts";
import { rfc3339 } from "../../verification/representation.ts";
import { appOf } from "../auth/app.ts";
import { operatorOf } from "../auth/operator.ts";
import type { OperationErrors } from "../openapi/complete.ts";
import { LinkBody, OptOutBody, OptOutLink, OptOutSearchBody, OptOutsBody } from "./schemas.ts";

export interface OptOutParts {
  readonly service: OptOuts;
  readonly links: OptOutLinks;
  readonly audit: Pick<Audit, "act">;
  /** Whom a recipient names. @throws {Refusal} where it is none */
  readonly identify: (to: string, country: string | null) => { readonly to: string; readonly callee: CalleeRef };
}

interface Recipient {
  readonly to: string;
  readonly country?: string;
}

export function optOutLinkRoutes({ links, identify }: OptOutParts): FastifyPluginAsyncTypebox {
  return async (scope) => {
    scope.post(
      "/opt-outs/link",
      {
        schema: {
          operationId: "makeOptOutLink",
          summary: "A link by which somebody opts out",
          description:
            "For the app's own pages and messages. Whoever follows it and presses the button is not contacted by this app again (or by none, where the operator decided so). The link contains no number.",
          tags: ["opt-outs"],
          security: [{ apiKey: [] }],
          body: LinkBody,
          response: { 201: { ...OptOutLink, description: "The link." } },
        },
        config: { scope: "verify", problems: ["number_invalid", "not_supported"] },
      },
      async (request, reply) => {
        const { to, country = null } = request.body;
        const link = links.make(identify(to, country).to, appOf(request).name);
        if (link === null) {
          throw new Refusal(
            "not_supported",
            "Opt-out links are not configured on this gateway (opt_out.link_base_url).",
          );
        }
        reply.code(201);
        return { url: link.url, expires_at: rfc3339(link.expiresAtMs) };
      },
    );
  };
}

const config: OperationErrors = { problems: ["number_invalid", "records_unavailable"] };

/** Under /v1/admin. Each act is in the audit log, by hash. */
export function optOutAdminRoutes({ service, identify, audit }: OptOutParts): FastifyPluginAsyncTypebox {
  const shared = { tags: ["administration"], security: [{ operatorKey: [] }] };

  async function show({ to, country }: Recipient) {
    const { to: canonical, callee } = identify(to, country ?? null);
    const found = await service.find(canonical);
    return {
      subject: callee.bucket + callee.hash,
      opt_outs: found.map(({ app, state, source, atMs }) => ({ app, state, source, at: rfc3339(atMs) })),
    };
  }

  /** @returns what is there afterwards */
  function act(who: string, action: string, body: Recipient & { app?: string }, run: (to: string) => Promise<unknown>) {
    const { to, callee } = identify(body.to, body.country ?? null);
    const target = `subject ${callee.bucket}${callee.hash}`;
    return audit.act({ who, action, target }, async () => {
      const before = (await show(body)).opt_outs as unknown as Json;
      await run(to);
      const result = await show(body);
      return { result, before, after: result.opt_outs as unknown as Json };
    });
  }

  return async (scope) => {
    scope.post(
      "/opt-outs/search",
      {
        schema: {
          operationId: "findOptOuts",
          summary: "Opt-outs of a number or an address",
          description: "Why an app's deliveries to somebody are refused as `delivery_denied`.",
          ...shared,
          body: OptOutSearchBody,
          response: { 200: { ...OptOutsBody, description: "What is kept." } },
        },
        config,
      },
      async (request) => show(request.body),
    );
    scope.post(
      "/opt-outs",
      {
        schema: {
          operationId: "addOptOut",
          summary: "Opt somebody out",
          description: "For a person who asked by phone or mail. Recorded in the audit log, by hash.",
          ...shared,
          body: OptOutBody,
          response: { 201: { ...OptOutsBody, description: "What is kept now." } },
        },
        config,
      },
      async (request, reply) => {
        const { app = null } = request.body;
        const run = (to: string) => service.optOut(to, app, "operator");
        const kept = await act(operatorOf(request), "opt_out.add", request.body, run);
        reply.code(201);
        return kept;
      },
    );
    scope.post(
      "/opt-outs/remove",
      {
        schema: {
          operationId: "removeOptOuts",
          summary: "Lift opt-outs",
          description:
            "Only where the person asked for it. Without `app` all of them. Removing what is not there does no harm. Recorded in the audit log, by hash.",
          ...shared,
          body: OptOutBody,
          response: { 200: { ...OptOutsBody, description: "What is kept now." } },
        },
        config,
      },
      async (request) => {
        const { app = null } = request.body;
        const run = (to: string) => service.remove(to, app);
        return act(operatorOf(request), "opt_out.remove", request.body, run);
      },
    );
  };
}
