/** The caller ID of a call to a recipient that is not the verification's own: what was shown to that one lies in its own slot. */
import type { DeliveryOrder } from "../../verification/channel-port.ts";
import type { BeginAnswer, ScriptArgs, VerificationStore } from "../../verification/store-port.ts";

/**
 * Takes one of the offered caller IDs for the recipient, then begins the delivery. Where that is refused the caller ID was not
 * shown; where its outcome is not known it counts as shown.
 * @param bounds arguments 5 and 6 of lua/show.lua @param shown hashes of the caller IDs
 * @param begin without caller IDs: its choice is that of the code alone
 * @returns as the start script where it takes one of `shown`
 */
export async function showElsewhere(
  store: Pick<VerificationStore, "runOnCallee">,
  { app, callee }: Pick<DeliveryOrder, "app" | "callee">,
  bounds: ScriptArgs,
  shown: readonly string[],
  begin: () => Promise<BeginAnswer>,
): Promise<BeginAnswer> {
  const show = (...args: ScriptArgs) =>
    store.runOnCallee("voice", "show", callee, "shown", [app.name, callee.hash, ...args]);
  const taken = await show("take", ...bounds, ...shown);
  if (taken.kind === "refused") return taken;
  if (taken.kind !== "taken") throw new Error(`a caller ID was not taken: ${taken.kind}`);
  const { choice } = taken;
  const answer = await begin();
  if (answer.kind === "begun") return { ...answer, choice: answer.choice * shown.length + choice };
  // What is not given back is out of use for this recipient until its cool-down ends.
  await show("back", ...bounds, shown[choice] ?? "").catch(() => undefined);
  return answer;
}
