/**
 * Looks at calls that come in: does the dialplan of an Asterisk lead them to the refusal that its gateways hear of
 * (asterisk-config/inbound.conf.template)? Where that cannot be seen, and for the carrier's part, it says how to try.
 */

import { rangeOf } from "../caller-ids/range.ts";
import { systemClock } from "../shared/clock.ts";
import { AmiRefusal } from "../telephony/asterisk/ami/errors.ts";
import { AmiSession } from "../telephony/asterisk/ami/session.ts";
import { eventSecretIn } from "../telephony/asterisk/asterisk-manager/event-secret.ts";
import type { AsteriskConfig } from "../telephony/asterisk/config.ts";
import type { TrunkConfig } from "../telephony/trunks/config.ts";
import { createNumberFormat } from "../telephony/trunks/number-format.ts";
import { asterisksOf } from "../telephony/trunks/routes.ts";
import type { DoctorConfig } from "./config.ts";
import { contextOf, type Step, stepsOf } from "./dialplan.ts";
import { type Finding, fail, hint, warn } from "./finding.ts";

const entrance = "onering-inbound";
const refusal = "onering-refusal";
const howToMake =
  "With Docker set TRUNK_INBOUND=yes; beside a PBX add the contexts of asterisk-config/inbound.conf.template to the dialplan (docs/trunks.md).";

type InboundConfig = Pick<DoctorConfig, "trunks" | "call_in" | "ranges">;
/** An error where calls in are to prove numbers: without the dialplan they do not. Refused they are in any case. */
type Bad = typeof fail;

/** @param name what the configuration calls this Asterisk; without trunks that take calls there nothing is looked at */
export async function examineInbound(
  name: string,
  asterisk: AsteriskConfig,
  config: InboundConfig,
): Promise<Finding[]> {
  const trunks = inboundTrunks(name, config);
  if (trunks.length === 0) return [];
  const { ami } = asterisk;
  if (ami === undefined) return [unseen(name, "ARI does not tell the dialplan, and no AMI is configured", config)];
  try {
    const session = await AmiSession.open({
      ...{ ami, deadlineMs: asterisk.request_timeout_ms, clock: systemClock, eventMask: "off" },
      ...{ onEvent: () => undefined, onClose: () => undefined },
    });
    try {
      return await lookAtDialplan(session, name, asterisk, trunks, config);
    } finally {
      session.close();
    }
  } catch (error) {
    const why = (error as Error).message;
    const rights = error instanceof AmiRefusal ? "; its user needs `write = system,reporting`" : "";
    return [unseen(name, `AMI does not tell the dialplan (${why}${rights})`, config)];
  }
}

/** Whether calls that come in on this Asterisk are to prove numbers; others are worth a refusal only. */
export function provesCallers(name: string, config: Pick<DoctorConfig, "trunks" | "call_in">): boolean {
  return inboundTrunks(name, config).some(([, trunk]) => provesCaller(trunk, config));
}

function provesCaller({ inbound }: TrunkConfig, { call_in: { numbers } }: Pick<DoctorConfig, "call_in">): boolean {
  return inbound?.trusted === true && numbers.length > 0;
}

function inboundTrunks(name: string, { trunks }: Pick<DoctorConfig, "trunks">): [string, TrunkConfig][] {
  return Object.entries(trunks).filter(([, trunk]) => trunk.inbound !== undefined && asterisksOf(trunk).includes(name));
}

async function lookAtDialplan(
  session: AmiSession,
  name: string,
  asterisk: AsteriskConfig,
  trunks: readonly [string, TrunkConfig][],
  config: InboundConfig,
): Promise<Finding[]> {
  const ours = [await stepsOf(session, entrance), await stepsOf(session, refusal)];
  const findings: Finding[] = [];
  for (const [trunkName, trunk] of trunks) {
    const bad: Bad = provesCaller(trunk, config) ? fail : warn;
    const what = `Asterisk ${name}: calls in on trunk ${trunkName}`;
    const context = await contextOf(session, trunk.endpoint);
    // No such endpoint: that is told where endpoints are looked at.
    if (context === null) continue;
    const astray = ours.includes(null)
      ? [bad(`${what} are told to nobody: no context ${ours[0] === null ? entrance : refusal}`, howToMake)]
      : [...deaf(what, asterisk, ours.flat(), bad), ...(await lost(session, what, context, trunk, config, bad))];
    findings.push(...astray);
    if (astray.length === 0)
      findings.push(hint(`${what} are led to a refusal that this gateway hears of`, tryIt(config)));
  }
  return findings;
}

/** A refusal that this gateway does not hear of. */
function deaf(
  what: string,
  { driver, ari_app: app }: AsteriskConfig,
  steps: readonly (Step | null)[],
  bad: Bad,
): Finding[] {
  const has = (application: string, start: string) =>
    steps.some((step) => step?.application === application && `${step.data},`.startsWith(`${start},`));
  // An older dialplan, or one made by hand: the caller is judged by the INVITE's own headers, and by nothing else.
  const passesInvite = steps.some((step) => step?.application === "Set" && step.data.startsWith("ONERING_INVITE=v1&"));
  const old = passesInvite
    ? []
    : [
        bad(
          `${what} prove nothing: context ${entrance} does not pass the INVITE's headers on (ONERING_INVITE)`,
          howToMake,
        ),
      ];
  if (driver === "asterisk-manager") {
    if (!has("UserEvent", "OneRingInbound")) {
      return [bad(`${what} are refused, but AMI is not told: no UserEvent(OneRingInbound,…) in ${refusal}`, howToMake)];
    }
    const token = steps.some((step) => step?.application === "UserEvent" && eventSecretIn(step.data) !== null);
    if (token) return old;
    const fix =
      "Write `Token: <secret of 16 to 100 letters, digits, - or _>` into that UserEvent, as asterisk-config/inbound.conf.template has it.";
    return [
      bad(
        `${what} prove nothing: UserEvent(OneRingInbound,…) in ${refusal} has no token, so anybody could forge it`,
        fix,
      ),
    ];
  }
  if (has("Stasis", `${app},inbound,\${ONERING_INVITE}`)) return old;
  if (has("Stasis", `${app},inbound`)) {
    const fix = `Write \`Stasis(${app},inbound,\${ONERING_INVITE})\` in ${refusal}.`;
    return [bad(`${what} prove nothing: Stasis(${app},inbound) does not pass the INVITE's headers on`, fix)];
  }
  const fix = `With Docker name ${app} in INBOUND_APPS; else add \`same = n,Stasis(${app},inbound,\${ONERING_INVITE})\` before the Hangup of ${refusal}.`;
  return [bad(`${what} are refused, but this gateway is not told: no Stasis(${app},inbound) in ${refusal}`, fix)];
}

/** Numbers that the trunk's own context, where it is another one, does not lead to ours. */
async function lost(
  session: AmiSession,
  what: string,
  context: string,
  trunk: TrunkConfig,
  { call_in: { numbers }, ranges }: InboundConfig,
  bad: Bad,
): Promise<Finding[]> {
  if (context === entrance) return [];
  const format = createNumberFormat(trunk);
  const lead = async (number: string): Promise<"here" | "elsewhere" | "nowhere"> => {
    const forms = [...new Set([format.callerId(number) ?? number, number])];
    const found: Step[] = [];
    for (const form of forms) found.push(...((await stepsOf(session, context, form)) ?? []));
    if (found.some(({ data }) => data.includes(entrance))) return "here";
    return found.length === 0 ? "nowhere" : "elsewhere";
  };
  const findings: Finding[] = [];
  for (const number of trunk.inbound?.trusted ? numbers : []) {
    if ((await lead(number)) === "here") continue;
    const fix = `Lead it to ${entrance}, or set the endpoint's \`context\` to that. What a \`switch\` leads to is not seen.`;
    findings.push(bad(`${what} begin in context ${context}, which does not lead ${number} to ${entrance}`, fix));
    break;
  }
  for (const name of trunk.ranges) {
    const range = ranges[name];
    if (range === undefined || (await lead(rangeOf(range).example)) !== "elsewhere") continue;
    const fix = `Lead them to ${entrance}: if they are answered, who calls a missed call back pays for it.`;
    findings.push(warn(`${what} to the caller IDs of range ${name} are led elsewhere by context ${context}`, fix));
  }
  return findings;
}

function unseen(name: string, why: string, config: InboundConfig): Finding {
  return hint(`Asterisk ${name}: whether calls in are led to a refusal cannot be seen: ${why}`, tryIt(config));
}

/** The carrier's part, and the events that an AMI user may read, show with a call alone. */
function tryIt({ call_in: { numbers } }: InboundConfig): string {
  const number = numbers[0] ?? "one of your caller IDs";
  return `To be sure, call ${number} from another phone: it must be refused at once, unanswered, and counted in onering_inbound_calls_total.`;
}
