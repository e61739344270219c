/** Block and allow lists: what operators and apps laid down holds in every mode. */
import { deliveryDenied } from "../../verification/refusals.ts";
import type { GuardConfig } from "../config.ts";
import type { GuardRule } from "../rule.ts";
import type { ListIndex } from "./index-of-entries.ts";

export function listRules(
  index: Pick<ListIndex, "find">,
  answer: GuardConfig["answers"]["lists"],
): readonly GuardRule[] {
  return [
    {
      name: "block_list",
      binding: "always",
      // As of an opt-out, which no app is to tell from it.
      publicName: "recipient",
      judge: ({ app, to }) => (index.find(app, to) === "block" ? { kind: answer, refusal: deliveryDenied() } : null),
    },
    {
      name: "allow_list",
      binding: "always",
      judge: ({ app, to }) => (index.find(app, to) === "allow" ? { kind: "trust" } : null),
    },
  ];
}
