/** The API's representation of an inbound call. */
import { Type } from "typebox";

export const CallInBody = Type.Object(
  { number: Type.String({ description: "What the person calls from the phone that is verified, E.164." }) },
  { description: "With channel `call_in` only. The call is rejected, so it is free; then the status is `verified`." },
);
