/** What follows from the canaries of a trunk: whether it stays in service. */
import type { Outages } from "../../operations/outages-port.ts";
import { type Finding, ok, warn } from "../finding.ts";
import type { WayReport } from "./report.ts";

const by = "canary";

/**
 * A trunk that alters the caller ID on one path shows wrong codes to some: it is taken out as a whole. It comes back when
 * each path brought the caller ID as sent, and only if a canary took it out. What did not arrive decides nothing.
 */
export async function* serviceAfter(
  name: string,
  reports: readonly WayReport[],
  outages: Pick<Outages, "takeOut" | "putBack" | "look">,
  options: { readonly dryRun: boolean; readonly nowMs: number },
): AsyncGenerator<Finding> {
  const trunk = { kind: "trunk", name } as const;
  const altered = reports.some(({ arrival }) => arrival !== null && arrival !== "as_sent");
  const clean = reports.length > 0 && reports.every(({ arrival }) => arrival === "as_sent");
  if (options.dryRun) {
    if (altered) yield warn(`Canary: trunk ${name} stays in service: dry run`, "Without --dry-run it is taken out.");
    return;
  }
  const before = (await outages.look([trunk]))[0]?.outage ?? null;
  if (altered) {
    const who = "onering doctor --canary";
    await outages.takeOut(trunk, { by, who, reason: "caller_id_altered", sinceMs: options.nowMs });
    const since =
      before === null ? "was taken out of service for all gateways" : `was out of service before (${before.reason})`;
    yield warn(`Canary: trunk ${name} ${since}`, "A canary that finds it clean puts back what a canary took out.");
  } else if (clean && before?.by === by) {
    await outages.putBack(trunk, by);
    yield ok(`Canary: trunk ${name} is back in service for all gateways`);
  }
}
