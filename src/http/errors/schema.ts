import { Type } from "typebox";
import { oneOf } from "../schemas.ts";
import { Suggestions } from "../suggestions.ts";
import { problemCodes } from "./problems.ts";

/**
 * RFC 9457, with `code`, `errors` and `suggestions` as extension members. For the document only: handler.ts writes problems.
 */
export const ProblemBody = Type.Object(
  {
    type: Type.String({ format: "uri", description: "`urn:onering:problem:` and the code." }),
    title: Type.String({ description: "Summary of the problem type; the same for every problem of that code." }),
    status: Type.Integer({ description: "The HTTP status." }),
    detail: Type.String({ description: "What went wrong this time, for the developer." }),
    code: oneOf(problemCodes, "Machine-readable code to decide by; never renamed."),
    instance: Type.String({
      format: "uri",
      description: "Identifies this request, also in the gateway's log. Include it when you contact support.",
    }),
    age_days: Type.Optional(
      Type.Integer({ minimum: 0, description: "With `number_inactive`: days since the newest evidence of that." }),
    ),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.Optional(Type.String({ description: "Location in the body: a JSON pointer as URI fragment." })),
          parameter: Type.Optional(Type.String({ description: "Name of the parameter of the query string or path." })),
          header: Type.Optional(Type.String({ description: "Name of the header." })),
          detail: Type.String({ description: "What is wrong there." }),
        }),
        { description: "With `invalid_request`: all errors found, one for each place, at most 20." },
      ),
    ),
    suggestions: Type.Optional(Suggestions),
  },
  { title: "Problem", description: "An error (RFC 9457)." },
);
