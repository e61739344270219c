/** Deliveries that a person chooses: whom they reach. */
import type { OpenChannel } from "./channel-set.ts";
import { countryOf, newestOf, type PlannedStep, type Verification } from "./types.ts";

/**
 * Whom a choice of this channel reaches: the recipient of its step in the workflow, else that of the newest delivery. Of several
 * such steps it is the one to the newest delivery's recipient, else the first: the same again goes to the same one.
 */
export function choiceOf(
  verification: Pick<Verification, "id" | "to" | "country" | "workflow" | "deliveries">,
  channel: string,
): { readonly planned: PlannedStep | undefined; readonly to: string; readonly country: string | null } {
  const newest = newestOf(verification);
  const recipientOf = (step: PlannedStep) => step.to ?? verification.to;
  const steps = verification.workflow?.steps.filter((step) => step.channel === channel) ?? [];
  const planned = steps.find((step) => recipientOf(step) === newest.to) ?? steps[0];
  const to = planned === undefined ? newest.to : recipientOf(planned);
  return { planned, to, country: countryOf(verification, to) };
}

/**
 * Whether the channel may have this recipient. One without derived codes is bound to the state of the verification's own: a
 * call by that one would prove the other, and the caller IDs that were shown are known of that one alone.
 */
export function mayReach(
  { codes }: Pick<OpenChannel, "codes">,
  recipient: string,
  of: { readonly to: string },
): boolean {
  return codes === "derived" || recipient === of.to;
}
