import { Type } from "typebox";
import { oneOf } from "../schemas.ts";
import { problemCodes } from "./problems.ts";

/** RFC 9457, with `code` and `errors` as extension members. For the document only: problems are written in errors.ts. */
export const ProblemBody = Type.Object(
  {
    type: Type.String({ format: "uri", description: "`urn:onering:problem:` and the code." }),
    title: Type.String({ description: "What kind of problem it is; the same for every one of that code." }),
    status: Type.Integer({ description: "The HTTP status." }),
    detail: Type.String({ description: "What went wrong this time, for the developer." }),
    code: oneOf(problemCodes, "What to decide by; never renamed."),
    instance: Type.String({ format: "uri", description: "Names this request; the log has it too." }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.Optional(Type.String({ description: "Where in the body: a JSON pointer as URI fragment." })),
          header: Type.Optional(Type.String({ description: "Which header." })),
          detail: Type.String({ description: "What is wrong there." }),
        }),
        { description: "With `invalid_request`: everything that is wrong, at once." },
      ),
    ),
  },
  { title: "Problem", description: "An error (RFC 9457)." },
);
