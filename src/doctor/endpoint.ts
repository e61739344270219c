/**
 * Checks the settings of a trunk's endpoint over AMI (PJSIPShowEndpoint, of class system): those that would make every
 * code wrong, misroute a call or hide a dead carrier. docs/deploy-beside-a-pbx.md, "The trunk", line by line.
 */
import type { AmiSession, ManagerMessage } from "../telephony/asterisk/ami/session.ts";
import { detailsOf, stepsOf } from "./dialplan.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

/** Our own context that rejects inbound calls, and so redirected ones too. */
const refusingContext = "onering-inbound";

/**
 * @param name what the configuration calls this Asterisk
 * @returns nothing where there is no such endpoint: the check of endpoints reports that
 * @throws {AmiRefusal} where the user lacks the right; {Error} where Asterisk does not answer
 */
export async function examineEndpointSettings(name: string, session: AmiSession, endpoint: string): Promise<Finding[]> {
  const details = await detailsOf(session, endpoint);
  const own = details?.find(({ event }) => event === "EndpointDetail");
  if (details === null || own === undefined) return [];
  const what = `Asterisk ${name}: endpoint ${endpoint}`;
  const aors = details.filter(({ event }) => event === "AorDetail");
  const findings = [
    ...callerIdOf(what, own),
    ...(await redirectsOf(what, session, own)),
    ...qualifyOf(what, aors),
    ...extrasOf(what, own),
  ];
  return findings.length > 0
    ? findings
    : [ok(`${what}: its settings let the caller ID through and follow no redirect`)];
}

function callerIdOf(what: string, own: ManagerMessage): Finding[] {
  const fromUser = textOf(own.fromuser);
  const findings: Finding[] = [];
  if (fromUser !== "" && own.sendpai === "false") {
    findings.push(
      fail(
        `${what}: no header carries the caller ID, so every code is wrong: from_user = ${fromUser} is in From, send_pai = no`,
        "Set send_pai = yes and trust_id_outbound = yes; on trunks by IP address leave from_user empty instead.",
      ),
    );
  } else if (own.sendpai === "true" && own.trustidoutbound === "false") {
    findings.push(
      warn(
        `${what}: trust_id_outbound = no lets Asterisk leave out P-Asserted-Identity`,
        "Set trust_id_outbound = yes: your carrier is trusted with the caller ID.",
      ),
    );
  }
  if (/^\(?(nothing)?\)?$/.test(textOf(own.allow))) {
    findings.push(
      fail(`${what}: it has no codec, so no call can be sent`, "Set allow = alaw,ulaw, or what your carrier takes."),
    );
  }
  return findings;
}

/** A redirect with `user` runs the new number in the endpoint's context: where that exists, the PBX may answer or dial it. */
async function redirectsOf(what: string, session: AmiSession, own: ManagerMessage): Promise<Finding[]> {
  const method = textOf(own.redirectmethod);
  if (method.startsWith("uri")) {
    const risk = `${what}: a carrier's redirect (302) sends the call to any address: redirect_method = ${method}`;
    return [fail(risk, "Set redirect_method = user, and a context that does not exist.")];
  }
  const context = textOf(own.context);
  if (context === refusingContext || (await stepsOf(session, context)) === null) return [];
  return [
    warn(
      `${what}: a carrier's redirect (302) would run in the dialplan, context ${context}: your PBX could answer it or dial it at your cost`,
      "Give OneRing an endpoint of its own to this carrier, with `context = onering-none`, the name of no context (docs/deploy-beside-a-pbx.md).",
    ),
  ];
}

function qualifyOf(what: string, aors: readonly ManagerMessage[]): Finding[] {
  if (aors.length === 0 || aors.some(({ qualifyfrequency }) => Number(qualifyfrequency) > 0)) return [];
  return [
    warn(
      `${what}: Asterisk does not ask whether the carrier answers (qualify_frequency = 0), so "up" means nothing`,
      "Set qualify_frequency = 30 on its AOR, if the carrier answers OPTIONS.",
    ),
  ];
}

/** Requests that a call of some seconds does not need, and that some carriers answer wrongly. */
function extrasOf(what: string, own: ManagerMessage): Finding[] {
  const extras = (["100rel", "timers"] as const).filter((key) => own[key] !== undefined && own[key] !== "no");
  if (extras.length === 0) return [];
  const seen = extras.map((key) => `${key} = ${textOf(own[key])}`).join(", ");
  return [
    warn(`${what}: ${seen} adds requests to each call`, `Set ${extras.map((key) => `${key} = no`).join(" and ")}.`),
  ];
}

const textOf = (value: unknown) => (typeof value === "string" ? value.trim() : "");
