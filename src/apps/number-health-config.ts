/** What an app does with what deliveries taught about a number. */
import { type Static, Type } from "typebox";

export const AppNumberHealth = Type.Union([Type.Literal("refuse"), Type.Literal("record"), Type.Literal("off")], {
  default: "refuse",
  description:
    "What is done with what deliveries taught about a number before this app contacts it: `refuse` refuses a start to an inactive one (`number_inactive`), and begins the default workflow with a channel that reaches the person; `record` only writes down what it would have refused; `off` does not look. What the app's own deliveries teach is kept in any case.",
});

export type NumberHealthAction = Static<typeof AppNumberHealth>;
