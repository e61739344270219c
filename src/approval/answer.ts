/** What an app's backend answers. */
import { jsonOf, type OutgoingResponse } from "../outgoing-http/request.ts";

export type ApprovalAnswer =
  | { readonly action: "deny" }
  /** @property channels null: as it was asked for */
  | { readonly action: "allow"; readonly channels: readonly string[] | null };

const mostChannels = 20;

/** Null: it is not of the documented form, so it is no answer. */
export function readAnswer(response: OutgoingResponse): ApprovalAnswer | null {
  if (response.status !== 200) return null;
  const { action, workflow } = jsonOf(response) ?? {};
  if (action === "deny") return { action };
  if (action !== "allow") return null;
  if (workflow === undefined || workflow === null) return { action, channels: null };
  if (!Array.isArray(workflow) || workflow.length > mostChannels) return null;
  return workflow.every((channel) => typeof channel === "string") ? { action, channels: workflow } : null;
}
