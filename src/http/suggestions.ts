/** Numbers that may have been meant, in lookups and in the refusals of starts. */
import { Type } from "typebox";
import { suggestionReasons } from "../numbers/lookup/types.ts";
import { oneOf } from "./schemas.ts";

export const Suggestions = Type.Array(
  Type.Object({
    number: Type.String({ description: "E.164." }),
    reason: oneOf(suggestionReasons, "The typing error that it assumes."),
  }),
  { description: "Numbers that may have been meant. Offer them to the person; never take one without asking." },
);
