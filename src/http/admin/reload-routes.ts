/** For operators: reload the configuration without dropping a call. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { Reload } from "../../operations/reload.ts";
import { operatorOf } from "../auth/operator.ts";
import { NoBody } from "../schemas.ts";
import { neverShed } from "../server/under-pressure.ts";

const shown = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

const Changes = (description: string) =>
  Type.Array(
    Type.Object({
      key: Type.String({ description: "The key in the configuration." }),
      before: shown("Its value so far, secrets hidden; null: it was not there."),
      after: shown("Its value in the file; null: it is not there any more."),
    }),
    { description },
  );

const ReloadBody = Type.Object(
  {
    applied: Changes("What is in force now, on this gateway."),
    needs_restart: Changes("What will be in force after a restart; each reload names it again until then."),
    held_back: Type.Array(Type.String(), {
      description: "Why nothing was applied: what could be would not fit what needs a restart first. Usually empty.",
    }),
  },
  {
    title: "Reload",
    examples: [
      {
        applied: [{ key: "apps.shop.ttl_seconds", before: null, after: "120" }],
        needs_restart: [{ key: "calls.ring_ms", before: "5000", after: "4000" }],
        held_back: [],
      },
    ],
  },
);

export function reloadRoutes({ reload }: Pick<Reload, "reload">): FastifyPluginAsyncTypebox {
  return async (scope) => {
    scope.post(
      "/reload",
      {
        schema: {
          operationId: "reloadConfiguration",
          summary: "Reload the configuration of this gateway",
          description:
            "The file is read and checked as at the start; with a problem nothing is changed (`configuration_invalid` lists them all). What can change while calls go on is in force at once; the rest is named. The same as SIGHUP; each gateway reloads its own file.",
          tags: ["administration"],
          security: [{ operatorKey: [] }],
          body: NoBody,
          response: { 200: { ...ReloadBody, description: "It was read." } },
        },
        config: { ...neverShed, problems: ["configuration_invalid", "not_supported", "processes_unavailable"] },
      },
      async (request) => {
        const { applied, needsRestart, heldBack } = await reload(operatorOf(request));
        return { applied: [...applied], needs_restart: [...needsRestart], held_back: [...heldBack] };
      },
    );
  };
}
