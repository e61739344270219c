/** For operators: state and load of trunks and Asterisks, and draining one without dropping a call. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { Operations, PartReport } from "../../operations/operations.ts";
import type { Part } from "../../operations/outages-port.ts";
import { operatorOf } from "../auth/operator.ts";
import { RequestRefusal } from "../errors/request-refusal.ts";
import { NoBody } from "../schemas.ts";
import { neverShed } from "../server/under-pressure.ts";
import { AsterisksBody, DrainBody, type PartAnswer, PartBody, PartParams, TrunksBody } from "./schemas.ts";

const tags = ["administration"];
const security = [{ operatorKey: [] }];
/** An operator is needed most when the gateway is overloaded. */
const config = { ...neverShed };

export function adminRoutes(operations: Operations): FastifyPluginAsyncTypebox {
  return async (scope) => {
    scope.get(
      "/trunks",
      {
        schema: {
          operationId: "listTrunks",
          summary: "All trunks: state, load, breakers",
          tags,
          security,
          response: { 200: { ...TrunksBody, description: "Each trunk of the configuration." } },
        },
        config,
      },
      async () => ({ trunks: (await operations.report("trunk")).map(partBody) }),
    );
    scope.get(
      "/asterisks",
      {
        schema: {
          operationId: "listAsterisks",
          summary: "All Asterisks: state, load",
          tags,
          security,
          response: {
            200: {
              ...AsterisksBody,
              description: "Each Asterisk of the configuration, and the gateway's own SIP as `sip`.",
            },
          },
        },
        config,
      },
      async () => ({ asterisks: (await operations.report("asterisk")).map(partBody) }),
    );
    await scope.register(drainRoutes(operations, "trunk", "/trunks/:name", "Trunk"));
    await scope.register(drainRoutes(operations, "asterisk", "/asterisks/:name", "Asterisk"));
  };
}

function drainRoutes(
  operations: Operations,
  kind: Part["kind"],
  path: string,
  title: string,
): FastifyPluginAsyncTypebox {
  // Asterisk is a name.
  const titleInText = kind === "trunk" ? "trunk" : title;
  const notFound = `No ${titleInText} of the configuration has this name.`;
  const found = (part: PartReport | null): PartAnswer => {
    if (part === null) throw new RequestRefusal(404, notFound);
    return partBody(part);
  };
  return async (scope) => {
    scope.post(
      `${path}/drain`,
      {
        schema: {
          operationId: `drain${title}`,
          summary: `Take this ${titleInText} out of service`,
          description:
            "After the response no gateway starts another call there; calls in progress go on. Draining twice changes nothing: the first reason is kept. Stays out of service until `undrain`, also across restarts.",
          tags,
          security,
          params: PartParams,
          body: DrainBody,
          response: { 200: { ...PartBody, description: "It is out of service." } },
        },
        config: { ...config, notFound },
      },
      async (request) => {
        const part = { kind, name: request.params.name };
        return found(await operations.drain(part, operatorOf(request), request.body.reason));
      },
    );
    scope.post(
      `${path}/undrain`,
      {
        schema: {
          operationId: `undrain${title}`,
          summary: `Put this ${titleInText} back in service`,
          description:
            "Puts it back into service, whoever took it out: an operator or the canary. Without effect where it is in service.",
          tags,
          security,
          params: PartParams,
          body: NoBody,
          response: { 200: { ...PartBody, description: "It is in service." } },
        },
        config: { ...config, notFound },
      },
      async (request) => found(await operations.undrain({ kind, name: request.params.name }, operatorOf(request))),
    );
  };
}

function partBody(part: PartReport): PartAnswer {
  const { outage } = part;
  return {
    name: part.name,
    usable: part.usable,
    why: part.why,
    out_of_service: outage === null ? null : { ...outage, since: new Date(outage.sinceMs).toISOString() },
    live_calls: part.liveCalls,
    max_concurrent_calls: part.maxConcurrentCalls,
    calls_per_second: part.callsPerSecond,
    max_calls_per_second: part.maxCallsPerSecond,
    wait_ms: part.waitMs,
    paths: part.paths.map(({ trunk, asterisk, usable, why, breaker }) => ({
      ...{ trunk, asterisk, usable, why, breaker: breaker.state },
      retry_at: breaker.retryAtMs === null ? null : new Date(breaker.retryAtMs).toISOString(),
    })),
  };
}
