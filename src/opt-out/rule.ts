/** The guard's rule: a recipient who opted out is not contacted. */
import type { GuardRule } from "../guard/rule.ts";
import { deliveryDenied } from "../verification/refusals.ts";
import type { OptOuts } from "./service.ts";

/**
 * The refusal is that of a block list, and the same store is asked for everybody: an app does not learn that somebody opted out. Where
 * it is not known who did, the rule throws, and nobody is contacted.
 */
export function optOutRule(optOuts: Pick<OptOuts, "isOut">): GuardRule {
  return {
    name: "opt_out",
    binding: "always",
    publicName: "recipient",
    async judge({ app, to, contacts, test }) {
      // Of a call that the person places nothing is sent, and it may lift the opt-out.
      if (!contacts || test) return null;
      return (await optOuts.isOut(app, to)) ? { kind: "deny", refusal: deliveryDenied() } : null;
    },
  };
}
