/** Builds the HTTP server: its plugins and routes, and the order in which they process a request. */
import { type FastifyBaseLogger, type FastifyInstance, type FastifyPluginAsync, fastify } from "fastify";
import type { Logger } from "pino";
import type { AppDirectory, LiveAppDirectory } from "../../apps/directory.ts";
import type { KeptApps } from "../../apps/index.ts";
import type { Audit } from "../../audit/port.ts";
import type { LiveStreams } from "../../live/index.ts";
import type { Lookup } from "../../numbers/lookup/ports.ts";
import type { Numbers } from "../../numbers/ports.ts";
import type { Scrubs } from "../../numbers/scrubs/ports.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { Operations } from "../../operations/operations.ts";
import type { Reload } from "../../operations/reload.ts";
import type { Proofs } from "../../proofs/index.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import type { Tracing } from "../../shared/tracing.ts";
import type { Subjects } from "../../subjects/subjects.ts";
import type { StartTokenUses } from "../../tokens/uses-port.ts";
import type { OpenChannel } from "../../verification/channel-set.ts";
import type { Verifications } from "../../verification/types.ts";
import { appRoutes } from "../admin/app-routes.ts";
import { auditRoutes } from "../admin/audit-routes.ts";
import { reloadRoutes } from "../admin/reload-routes.ts";
import { adminRoutes } from "../admin/routes.ts";
import { subjectRoutes } from "../admin/subject-routes.ts";
import { type AskTraces, traceRoutes } from "../admin/trace-routes.ts";
import { requireApp } from "../auth/app.ts";
import { findByToken } from "../auth/client-token.ts";
import { findOperator, requireOperator } from "../auth/operator.ts";
import { type CdrParts, cdrRoutes } from "../cdr/routes.ts";
import type { HttpServerConfig } from "../config.ts";
import { createClientErrors } from "../errors/client-errors.ts";
import { answerError } from "../errors/handler.ts";
import { collectPaths } from "../errors/method-not-allowed.ts";
import { notFoundDetail } from "../errors/problems.ts";
import { RequestRefusal } from "../errors/request-refusal.ts";
import { eventRoutes } from "../events/routes.ts";
import { adminListRoutes, type GuardRoutesParts, guardRoutes } from "../guard/routes.ts";
import { numberRoutes } from "../numbers/routes.ts";
import { registerReference } from "../openapi/reference.ts";
import { documentRoute } from "../openapi/route.ts";
import { registerSwagger } from "../openapi/swagger.ts";
import { optOutPageRoutes } from "../opt-outs/page-routes.ts";
import { type OptOutParts, optOutAdminRoutes, optOutLinkRoutes } from "../opt-outs/routes.ts";

import { createReadinessProbe, type Readiness } from "../probes/readiness.ts";
import { operationRoutes } from "../probes/routes.ts";
import { jwksRoute, proofRoutes } from "../proofs/routes.ts";
import { scrubRoutes } from "../scrubs/routes.ts";
import { createPages } from "../tokens/pages.ts";
import { startTokenRoutes } from "../tokens/routes.ts";
import { verificationRoutes } from "../verifications/routes.ts";
import { createStart } from "../verifications/start.ts";
import { type WebhookRoutesParts, webhookRoutes } from "../webhooks/routes.ts";
import { boundAtOnce } from "./at-once.ts";
import { compileWhenUsed } from "./compile-when-used.ts";
import { limitConnections } from "./connections.ts";
import { answerPreflights, installCors, judgeOrigins } from "./cors.ts";
import { installDrain } from "./drain.ts";
import { registerHelmet } from "./helmet.ts";
import { holdUntil } from "./hold.ts";
import { readJsonOnly } from "./json-body.ts";
import { boundLastRequests } from "./last-requests.ts";
import { observeRequests } from "./observe-requests.ts";
import { nextRequestId, serverOptions } from "./options.ts";
import { registerRateLimit } from "./rate-limit.ts";
import { checkRequests } from "./request-checks.ts";
import { installSecurityHeaders } from "./security-headers.ts";
import { traceRequests } from "./trace-requests.ts";
import { registerUnderPressure } from "./under-pressure.ts";
import { closeUnusedConnections } from "./unused-connections.ts";

export interface ServerParts {
  readonly config: HttpServerConfig;
  readonly apps: AppDirectory & Pick<LiveAppDirectory, "entry">;
  readonly startTokenUses: StartTokenUses;
  readonly random: Random;
  /** Apps and keys, as operators change them; left out in tests of other routes. */
  readonly keptApps?: Pick<KeptApps, "service">;
  readonly verifications: Verifications;
  readonly channels: readonly OpenChannel[];
  readonly numbers: Numbers;
  readonly lookup: Lookup;
  /** Null or left out: lists are not cleaned here. */
  readonly scrubs?: Scrubs | null;
  readonly live: LiveStreams;
  readonly operations: Operations;
  /** Left out in tests of other routes. */
  readonly webhooks?: WebhookRoutesParts;
  readonly audit: Pick<Audit, "read">;
  readonly subjects: Subjects;
  /** Opt-outs; left out in tests of other routes. */
  readonly optOuts?: OptOutParts;
  /** Signed results; left out in tests of other routes. */
  readonly proofs?: Proofs;
  /** Left out in tests of other routes. */
  readonly reload?: Pick<Reload, "reload">;
  /** Traces of calls; left out: none are kept. */
  readonly traces?: AskTraces;
  /** Detail records; left out: their routes are not there. */
  readonly cdr?: CdrParts;
  /** Lists and decisions; left out: their routes are not there. */
  readonly guard?: GuardRoutesParts;
  readonly metrics: Metrics;
  readonly readiness: () => Promise<Readiness>;
  /** Requests of apps that come before it resolves wait for it; left out: none waits. */
  readonly started?: Promise<void>;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Null: no request is traced, and no hook is added. */
  readonly tracing?: Tracing | null;
  /** Marks the reference and the document with SANDBOX. */
  readonly sandbox?: boolean;
  /** Pages and routes outside the API; they get the pages' security headers and need no API key. */
  readonly extraPlugins?: readonly FastifyPluginAsync[];
}

/**
 * The whole API, ready to `listen()`. `close()` lets running requests finish; call `startDraining()` some time before.
 * @throws {Error} where a route names no scope, or a plugin or schema is wrong
 */
export async function buildServer(parts: ServerParts): Promise<FastifyInstance> {
  const { config, metrics, tracing = null, sandbox = false } = parts;
  const { admin } = config;
  const pages = createPages({ ...parts, uses: parts.startTokenUses });
  const identify: AppDirectory["find"] = (authorization) =>
    parts.apps.find(authorization) ?? findByToken(pages, authorization);
  const clientErrors = createClientErrors(nextRequestId);
  const schemas = compileWhenUsed();
  const server: FastifyInstance = fastify({
    ...serverOptions(config.http, clientErrors, schemas),
    loggerInstance: parts.logger as FastifyBaseLogger,
  });
  server.decorateRequest("app", null);
  server.decorateRequest("holder", null);
  server.decorateRequest("operator", null);
  server.decorateRequest("refusal", null);
  server.decorateRequest("quiet", false);
  server.decorateRequest("span", null);
  server.setErrorHandler(answerError);
  readJsonOnly(server);
  clientErrors.watch(server);
  schemas.watch(server);
  observeRequests(server, metrics);
  if (tracing !== null) traceRequests(server, tracing);
  installCors(server, config.http, pages.origins);
  checkRequests(server);
  const isDraining = installDrain(server);
  answerPreflights(server, config.http);
  limitConnections(server, config.http);
  closeUnusedConnections(server);
  boundLastRequests(server, parts.clock);
  await registerUnderPressure(server, config.http);
  registerRateLimit(server, config.http);
  await registerSwagger(server, { sandbox, admin: admin !== undefined });
  server.addHook("onClose", async () => pages.humanChecks.close());
  const refuseOtherMethods = collectPaths(server);

  await server.register(
    async (scope) => {
      installSecurityHeaders(scope);
      boundAtOnce(scope);
      requireApp(scope, identify, (key) => findOperator(admin?.api_keys_sha256 ?? [], key));
      judgeOrigins(scope, config.http, pages.origins);
      if (parts.started) holdUntil(scope, parts.started);
      const start = createStart(parts.verifications, parts.numbers, pages);
      await scope.register(
        verificationRoutes(parts.verifications, parts.channels, { start, tokens: pages.tokens, proofs: parts.proofs }),
      );
      await scope.register(startTokenRoutes(pages, parts.channels));
      if (parts.proofs) await scope.register(proofRoutes(parts.proofs));
      if (parts.optOuts) await scope.register(optOutLinkRoutes(parts.optOuts));
      await scope.register(numberRoutes(parts.lookup, parts.apps));
      if (parts.scrubs) await scope.register(scrubRoutes(parts.scrubs));
      await scope.register(
        eventRoutes({
          live: parts.live,
          operators: admin !== undefined,
          identify,
          onChange: parts.apps.onChange,
          tokens: pages.tokens,
        }),
      );
      if (parts.webhooks) await scope.register(webhookRoutes(parts.webhooks, parts.clock));
      if (parts.cdr) await scope.register(cdrRoutes(parts.cdr, parts.channels, parts.clock, admin !== undefined));
      if (parts.guard) await scope.register(guardRoutes(parts.guard, admin !== undefined));
    },
    { prefix: "/v1" },
  );
  if (admin !== undefined) {
    await server.register(
      async (scope) => {
        installSecurityHeaders(scope);
        requireOperator(scope, () => admin.api_keys_sha256);
        await scope.register(adminRoutes(parts.operations));
        await scope.register(traceRoutes(parts.traces ?? (() => null)));
        if (parts.keptApps) await scope.register(appRoutes(parts.keptApps.service));
        await scope.register(auditRoutes(parts.audit));
        if (parts.guard) await scope.register(adminListRoutes(parts.guard));
        await scope.register(subjectRoutes(parts.subjects));
        if (parts.optOuts) await scope.register(optOutAdminRoutes(parts.optOuts));
        if (parts.reload) await scope.register(reloadRoutes(parts.reload));
      },
      { prefix: "/v1/admin" },
    );
  }
  await server.register(async (scope) => {
    installSecurityHeaders(scope);
    await scope.register(operationRoutes(metrics, createReadinessProbe(parts.readiness, isDraining, parts.clock)));
    if (parts.proofs) await scope.register(jwksRoute(parts.proofs));
    if (parts.optOuts) await scope.register(optOutPageRoutes(parts.optOuts.links));
    await scope.register(documentRoute);
  });
  await server.register(async (scope) => {
    await registerHelmet(scope);
    await registerReference(scope, sandbox);
    for (const plugin of parts.extraPlugins ?? []) await scope.register(plugin);
  });

  refuseOtherMethods();
  server.setNotFoundHandler({ preHandler: server.rateLimit() }, () => {
    throw new RequestRefusal(404, notFoundDetail);
  });
  await server.ready();
  return server;
}
