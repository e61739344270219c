/** The API's representation of a push notification. */
import { Type } from "typebox";

export const PushBody = Type.Object(
  {
    service: Type.Unsafe<string>({
      type: "string",
      enum: ["fcm", "apns", "web_push"],
      description: "The push service of the registration.",
    }),
    registration: Type.Unsafe<string | null>({
      type: ["string", "null"],
      enum: ["gone", "invalid", null],
      description:
        "`gone`: the registration has ended, delete it and let the app register anew. `invalid`: it never was one of this project, app or key. Null: nothing is known against it.",
    }),
    cost: Type.Unsafe<number | null>({
      type: ["number", "null"],
      description: "Price in the configured currency; null: none is configured.",
    }),
  },
  { description: "With channel `push` only." },
);
