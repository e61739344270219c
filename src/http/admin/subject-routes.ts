/** For operators: what is kept about a number or an address. In the body of a POST, because URLs are logged on their way. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { Subjects } from "../../subjects/subjects.ts";
import { operatorOf } from "../auth/operator.ts";
import type { OperationErrors } from "../openapi/complete.ts";
import { EraseBody, ExportBody, SubjectBody } from "./subject-schemas.ts";

const tags = ["administration"];
const security = [{ operatorKey: [] }];
const config: OperationErrors = { problems: ["number_invalid", "records_unavailable"] };

export function subjectRoutes(subjects: Subjects): FastifyPluginAsyncTypebox {
  return async (scope) => {
    scope.post(
      "/subjects/export",
      {
        schema: {
          operationId: "exportSubject",
          summary: "Everything that is kept about a number or an address",
          description:
            "Over all apps, by class. Codes are not included: they are kept as hashes or not at all. Recorded in the audit log, by hash.",
          tags,
          security,
          body: SubjectBody,
          response: { 200: { ...ExportBody, description: "What was found." } },
        },
        config,
      },
      async (request) => subjects.export(subjectOf(request.body, operatorOf(request))),
    );
    scope.post(
      "/subjects/erase",
      {
        schema: {
          operationId: "eraseSubject",
          summary: "Erase what is kept about a number or an address",
          description:
            "Over all apps; open verifications are canceled first. Counts of checks and of starts stay as hashes until their windows end: an erasure must not be a way to guess on, or to ring a phone without limit. Recorded in the audit log, by hash.",
          tags,
          security,
          body: SubjectBody,
          response: { 200: { ...EraseBody, description: "What was erased." } },
        },
        config,
      },
      async (request) => subjects.erase(subjectOf(request.body, operatorOf(request))),
    );
  };
}

function subjectOf(body: { to: string; country?: string; cursor?: string }, who: string) {
  const { to, country = null, cursor: after = null } = body;
  return { to, country, after, who };
}
