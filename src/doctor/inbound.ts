/**
 * Checks inbound calls: does the dialplan of an Asterisk route them to a rejection that its gateways are notified of
 * (asterisk-config/inbound.conf.template)? Where that cannot be read, and for the carrier's part, it says how to test.
 */

import { rangeOf } from "../caller-ids/range.ts";
import { systemClock } from "../shared/clock.ts";
import { AmiRefusal } from "../telephony/asterisk/ami/errors.ts";
import { AmiSession } from "../telephony/asterisk/ami/session.ts";
import { eventSecretIn } from "../telephony/asterisk/asterisk-manager/event-secret.ts";
import type { AsteriskConfig } from "../telephony/asterisk/config.ts";
import type { TrunkConfig } from "../telephony/trunks/config.ts";
import { asterisksOf, endpointOf } from "../telephony/trunks/engines.ts";
import { createNumberFormat } from "../telephony/trunks/number-format.ts";
import type { DoctorConfig } from "./config.ts";
import { contextOf, type Step, stepsOf } from "./dialplan.ts";
import { type Finding, fail, hint, warn } from "./finding.ts";

const entrance = "onering-inbound";
const refusal = "onering-refusal";
const howToMake =
  "With Docker set TRUNK_INBOUND=yes; beside a PBX add the contexts of asterisk-config/inbound.conf.template to the dialplan (docs/trunks.md).";

export interface InboundConfig extends Pick<DoctorConfig, "trunks" | "ranges"> {
  /** The numbers that people call to prove theirs, E.164; empty: no call proves a number. */
  readonly numbers: readonly string[];
}
/** An error where inbound calls are to prove numbers: without the dialplan they do not. They are rejected in any case. */
type Bad = typeof fail;

/** @param name what the configuration calls this Asterisk; no findings where none of its trunks takes inbound calls */
export async function examineInbound(
  name: string,
  asterisk: AsteriskConfig,
  config: InboundConfig,
): Promise<Finding[]> {
  const trunks = inboundTrunks(name, config);
  if (trunks.length === 0) return [];
  const { ami } = asterisk;
  if (ami === undefined) return [unseen(name, "ARI cannot read the dialplan, and no AMI is configured", config)];
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
    return [unseen(name, `cannot read the dialplan over AMI (${why}${rights})`, config)];
  }
}

/** Whether inbound calls on this Asterisk are to prove numbers; all others are only rejected. */
export function provesCallers(name: string, config: Omit<InboundConfig, "ranges">): boolean {
  return inboundTrunks(name, config).some(([, trunk]) => provesCaller(trunk, config));
}

function provesCaller({ inbound }: TrunkConfig, { numbers }: Pick<InboundConfig, "numbers">): boolean {
  return inbound?.trusted === true && numbers.length > 0;
}

function inboundTrunks(name: string, { trunks }: Pick<InboundConfig, "trunks">): [string, TrunkConfig][] {
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
    const what = `Asterisk ${name}: inbound calls on trunk ${trunkName}`;
    const context = await contextOf(session, endpointOf(trunkName, trunk));
    // No such endpoint: reported by the check of endpoints.
    if (context === null) continue;
    const misrouted = ours.includes(null)
      ? [bad(`${what} are not reported to any gateway: no context ${ours[0] === null ? entrance : refusal}`, howToMake)]
      : [
          ...unnotified(what, asterisk, ours.flat(), bad),
          ...(await misroutedNumbers(session, what, context, trunk, config, bad)),
        ];
    findings.push(...misrouted);
    if (misrouted.length === 0)
      findings.push(hint(`${what} reach a rejection that this gateway is notified of`, tryIt(config)));
  }
  return findings;
}

/** The rejection in the dialplan does not notify this gateway, or not with what it needs. */
function unnotified(
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
          `${what} prove nothing: context ${entrance} does not pass on the INVITE's headers (ONERING_INVITE)`,
          howToMake,
        ),
      ];
  if (driver === "asterisk-manager") {
    if (!has("UserEvent", "OneRingInbound")) {
      return [
        bad(`${what} are rejected, but not reported over AMI: no UserEvent(OneRingInbound,…) in ${refusal}`, howToMake),
      ];
    }
    const token = steps.some((step) => step?.application === "UserEvent" && eventSecretIn(step.data) !== null);
    if (token) return old;
    const fix =
      "Write `Token: <secret of 16 to 100 letters, digits, - or _>` into that UserEvent, as asterisk-config/inbound.conf.template has it.";
    return [
      bad(
        `${what} prove nothing: UserEvent(OneRingInbound,…) in ${refusal} has no token, so any client that may send a call could forge it`,
        fix,
      ),
    ];
  }
  if (has("Stasis", `${app},inbound,\${ONERING_INVITE}`)) return old;
  if (has("Stasis", `${app},inbound`)) {
    const fix = `Write \`Stasis(${app},inbound,\${ONERING_INVITE})\` in ${refusal}.`;
    return [bad(`${what} prove nothing: Stasis(${app},inbound) does not pass on the INVITE's headers`, fix)];
  }
  const fix = `With Docker add ${app} to INBOUND_APPS; beside a PBX add \`same = n,Stasis(${app},inbound,\${ONERING_INVITE})\` before the Hangup of ${refusal}.`;
  return [bad(`${what} are rejected, but this gateway is not notified: no Stasis(${app},inbound) in ${refusal}`, fix)];
}

/** Numbers that the trunk's context, where it is not ours, does not route to ours. */
async function misroutedNumbers(
  session: AmiSession,
  what: string,
  context: string,
  trunk: TrunkConfig,
  { numbers, ranges }: InboundConfig,
  bad: Bad,
): Promise<Finding[]> {
  if (context === entrance) return [];
  const format = createNumberFormat(trunk);
  const route = async (number: string): Promise<"here" | "elsewhere" | "nowhere"> => {
    const forms = [...new Set([format.callerId(number) ?? number, number])];
    const found: Step[] = [];
    for (const form of forms) found.push(...((await stepsOf(session, context, form)) ?? []));
    if (found.some(({ data }) => data.includes(entrance))) return "here";
    return found.length === 0 ? "nowhere" : "elsewhere";
  };
  const findings: Finding[] = [];
  for (const number of trunk.inbound?.trusted ? numbers : []) {
    if ((await route(number)) === "here") continue;
    const fix = `Route it to ${entrance}, or set the endpoint's \`context\` to that. The check does not follow a \`switch\`.`;
    findings.push(bad(`${what} start in context ${context}, which does not route ${number} to ${entrance}`, fix));
    break;
  }
  for (const name of trunk.ranges) {
    const range = ranges[name];
    if (range === undefined || (await route(rangeOf(range).example)) !== "elsewhere") continue;
    const fix = `Route them to ${entrance}: if they are answered, people who call back a missed call pay for it.`;
    findings.push(warn(`${what} to the caller IDs of range ${name} are routed elsewhere by context ${context}`, fix));
  }
  return findings;
}

function unseen(name: string, why: string, config: InboundConfig): Finding {
  return hint(`Asterisk ${name}: cannot check whether inbound calls are rejected: ${why}`, tryIt(config));
}

/** The carrier's part, and the events that an AMI user may read, can only be tested with a call. */
function tryIt({ numbers }: InboundConfig): string {
  const number = numbers[0] ?? "one of your caller IDs";
  return `To be sure, call ${number} from another phone: it must be rejected at once, unanswered, and counted in onering_inbound_calls_total.`;
}
