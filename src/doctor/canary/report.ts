/** The operator's report on one test call, without numbers. */
import type { Outcome } from "../../telephony/calls/outcome.ts";
import type { TrunkPath } from "../../telephony/trunks/admission-port.ts";
import { sipEngine } from "../../telephony/trunks/engines.ts";
import { type Finding, fail, ok, warn } from "../finding.ts";
import { type Arrival, codeIsWrong } from "./verdict.ts";

/** The result of the test call over one path. */
export interface PathReport {
  readonly path: TrunkPath;
  /** Null: nothing arrived. */
  readonly arrival: Arrival | null;
  /** How the call ended; null: none could be placed. */
  readonly outcome: Outcome | null;
}

const changes: Readonly<Record<Exclude<Arrival, "as_sent">, string>> = {
  prefix_lost: "digits in front are missing, the code is right",
  prefix_changed: "digits in front differ (national form?), the code is right",
  replaced: "replaced by another number, the code is wrong",
  withheld: "withheld: the phone shows no number",
};

export function describeArrival({ path, arrival, outcome }: PathReport): Finding {
  const what = `Canary, trunk ${path.trunk} through ${path.asterisk}: `;
  if (outcome === null || outcome === "trunk_down") {
    const where = path.asterisk === sipEngine ? "this trunk and SIP" : "its Asterisk";
    return fail(`${what}trunk down, no call could be placed`, `See the findings about ${where} above.`);
  }
  if (arrival === "as_sent") return ok(`${what}the caller ID arrived as sent`);
  if (arrival === null) {
    const fix =
      "Does the test number lead back to us, and does this carrier reach it? Where canary.inbound_trunk has `sip`, a gateway must run. Look for the call in the carrier's log.";
    return fail(`${what}the call did not arrive (${outcome})`, fix);
  }
  const seen = `${what}the caller ID arrived altered: ${changes[arrival]}`;
  if (!codeIsWrong(arrival)) {
    return warn(seen, "Nothing to do where your users see it like that; else see number_format (docs/routing.md).");
  }
  const header =
    path.asterisk === sipEngine ? "compare sip.identity of the trunk" : "look for from_user on the endpoint";
  const fix = `Ask the carrier which caller IDs you may present, and in which form (number_format, caller_id_rules); ${header}.`;
  return fail(seen, fix);
}
