/** The API's representation of a text message. */
import { Type } from "typebox";

export const SmsBody = Type.Object(
  {
    route: Type.String({ description: "The route that carried it." }),
    sender: Type.Union([Type.String(), Type.Null()], {
      description: "What the phone shows as the sender; null: the carrier's default.",
    }),
    segments: Type.Integer({ minimum: 1, description: "Messages that the network carries; carriers charge for each." }),
    cost: Type.Union([Type.Number(), Type.Null()], {
      description: "Price of all segments in the configured currency; null: none is configured.",
    }),
  },
  { description: "With channel `sms` only." },
);
