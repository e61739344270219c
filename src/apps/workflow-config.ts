/** A default workflow in the configuration: of an app, or of the gateway. */
import { Type } from "typebox";
import { section, text } from "../typed-yaml/parts.ts";

export const workflowKeys = {
  workflow: (description: string) =>
    Type.Array(
      section("One step.", {
        channel: text("^[a-z][a-z0-9_]*$", "the name of a channel", { description: "The step's channel." }),
        wait_seconds: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: 600,
            description:
              "How long nothing may be verified before the next step begins; without it 30, or what the channel needs. A delivery that fails is followed at once.",
          }),
        ),
      }),
      { minItems: 1, maxItems: 8, description },
    ),
  channels_by_network: (description: string) =>
    Type.Record(
      text("^\\S.{0,99}$", "a network by its code (25001, 250-01) or its name"),
      Type.Array(text("^[a-z][a-z0-9_]*$", "the name of a channel"), { minItems: 1, maxItems: 8, uniqueItems: true }),
      { maxProperties: 1000, description },
    ),
};
