/** What the operator reads of one canary call. No number is in it. */
import type { Outcome } from "../../telephony/calls/outcome.ts";
import type { TrunkPath } from "../../telephony/trunks/admission-port.ts";
import { type Finding, fail, ok } from "../finding.ts";
import type { Arrival } from "./verdict.ts";

/** What became of the call that was sent over one path. */
export interface WayReport {
  readonly path: TrunkPath;
  /** Null: nothing arrived. */
  readonly arrival: Arrival | null;
  /** How the call ended; null: none could be placed. */
  readonly outcome: Outcome | null;
}

const changes: Readonly<Record<Exclude<Arrival, "as_sent">, string>> = {
  prefix_lost: "digits in front were lost, the code is right",
  prefix_changed: "other digits stand in front, the code is right",
  replaced: "it was replaced wholly, the code is wrong",
  withheld: "it was withheld: the phone shows no number",
};

export function describeArrival({ path, arrival, outcome }: WayReport): Finding {
  const what = `Canary, trunk ${path.trunk} through ${path.asterisk}: `;
  if (outcome === null || outcome === "trunk_down") {
    return fail(`${what}trunk down, no call could be placed`, "The lines about its Asterisk say more.");
  }
  if (arrival === "as_sent") return ok(`${what}the caller ID arrived as sent`);
  if (arrival === null) {
    const mend = "Does the test number lead back to us, and does this carrier reach it? Look at its log for the call.";
    return fail(`${what}the call did not arrive (${outcome})`, mend);
  }
  const mend =
    "Ask the carrier which caller IDs you may present, and in which form (number_format, caller_id_rules); look for from_user on the endpoint.";
  return fail(`${what}the caller ID arrived altered: ${changes[arrival]}`, mend);
}
