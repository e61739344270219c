/**
 * What an SMSC's command_status means for a message. Source of codes and names: SMPP v3.4, Issue 1.2, §5.1.3, table 5-2.
 * A response with an error says that this message was not taken.
 */
import type { MessageFailure } from "../../messages/provider-port.ts";

interface Meaning {
  /** As in the specification. */
  readonly name: string;
  readonly reason: MessageFailure;
  /** Whether another route may take the message: the cause is this account or SMSC, not the recipient. */
  readonly elsewhere: boolean;
  /** Whether the bind must pause: the SMSC asks for less traffic. */
  readonly pause: boolean;
}

type Row = readonly [
  status: number,
  name: string,
  reason: MessageFailure,
  where: "elsewhere" | "final",
  pause?: "pause",
];

/** `elsewhere`: account, configuration or state of the SMSC. `final`: the recipient. */
const rows: readonly Row[] = [
  [0x01, "ESME_RINVMSGLEN", "rejected", "elsewhere"],
  [0x02, "ESME_RINVCMDLEN", "rejected", "elsewhere"],
  [0x03, "ESME_RINVCMDID", "rejected", "elsewhere"],
  [0x04, "ESME_RINVBNDSTS", "provider_down", "elsewhere"],
  [0x05, "ESME_RALYBND", "provider_down", "elsewhere"],
  [0x06, "ESME_RINVPRTFLG", "rejected", "elsewhere"],
  [0x07, "ESME_RINVREGDLVFLG", "rejected", "elsewhere"],
  [0x08, "ESME_RSYSERR", "provider_down", "elsewhere"],
  [0x0a, "ESME_RINVSRCADR", "rejected", "elsewhere"],
  [0x0b, "ESME_RINVDSTADR", "invalid_recipient", "final"],
  [0x0c, "ESME_RINVMSGID", "rejected", "elsewhere"],
  [0x0d, "ESME_RBINDFAIL", "provider_down", "elsewhere"],
  [0x0e, "ESME_RINVPASWD", "provider_down", "elsewhere"],
  [0x0f, "ESME_RINVSYSID", "provider_down", "elsewhere"],
  [0x11, "ESME_RCANCELFAIL", "rejected", "elsewhere"],
  [0x13, "ESME_RREPLACEFAIL", "rejected", "elsewhere"],
  [0x14, "ESME_RMSGQFUL", "throttled", "elsewhere", "pause"],
  [0x15, "ESME_RINVSERTYP", "rejected", "elsewhere"],
  [0x33, "ESME_RINVNUMDESTS", "rejected", "elsewhere"],
  [0x34, "ESME_RINVDLNAME", "rejected", "elsewhere"],
  [0x40, "ESME_RINVDESTFLAG", "rejected", "elsewhere"],
  [0x42, "ESME_RINVSUBREP", "rejected", "elsewhere"],
  [0x43, "ESME_RINVESMCLASS", "rejected", "elsewhere"],
  [0x44, "ESME_RCNTSUBDL", "rejected", "elsewhere"],
  [0x45, "ESME_RSUBMITFAIL", "rejected", "elsewhere"],
  [0x48, "ESME_RINVSRCTON", "rejected", "elsewhere"],
  [0x49, "ESME_RINVSRCNPI", "rejected", "elsewhere"],
  [0x50, "ESME_RINVDSTTON", "rejected", "elsewhere"],
  [0x51, "ESME_RINVDSTNPI", "rejected", "elsewhere"],
  [0x53, "ESME_RINVSYSTYP", "rejected", "elsewhere"],
  [0x54, "ESME_RINVREPFLAG", "rejected", "elsewhere"],
  [0x55, "ESME_RINVNUMMSGS", "rejected", "elsewhere"],
  [0x58, "ESME_RTHROTTLED", "throttled", "elsewhere", "pause"],
  [0x61, "ESME_RINVSCHED", "rejected", "elsewhere"],
  [0x62, "ESME_RINVEXPIRY", "rejected", "elsewhere"],
  [0x63, "ESME_RINVDFTMSGID", "rejected", "elsewhere"],
  [0x64, "ESME_RX_T_APPN", "provider_down", "elsewhere"],
  [0x65, "ESME_RX_P_APPN", "rejected", "elsewhere"],
  [0x66, "ESME_RX_R_APPN", "rejected", "elsewhere"],
  [0x67, "ESME_RQUERYFAIL", "rejected", "elsewhere"],
  [0xc0, "ESME_RINVOPTPARSTREAM", "rejected", "elsewhere"],
  [0xc1, "ESME_ROPTPARNOTALLWD", "rejected", "elsewhere"],
  [0xc2, "ESME_RINVPARLEN", "rejected", "elsewhere"],
  [0xc3, "ESME_RMISSINGOPTPARAM", "rejected", "elsewhere"],
  [0xc4, "ESME_RINVOPTPARAMVAL", "rejected", "elsewhere"],
  [0xfe, "ESME_RDELIVERYFAILURE", "not_reachable", "final"],
  [0xff, "ESME_RUNKNOWNERR", "rejected", "elsewhere"],
];

const meanings: ReadonlyMap<number, Meaning> = new Map(
  rows.map(([status, name, reason, where, pause]) => [
    status,
    { name, reason, elsewhere: where === "elsewhere", pause: pause !== undefined },
  ]),
);

/** The numbers by name, for SMSCs that answer. */
export const statuses: Readonly<Record<string, number>> = Object.fromEntries(
  rows.map(([status, name]) => [name, status]),
);
export const okStatus = 0;
export const throttledStatus = 0x58;
export const queueFullStatus = 0x14;
export const unknownCommandStatus = 0x03;
export const bindFailedStatus = 0x0d;
/** ESME_RX_T_APPN: "try again later", for a message that could not be handled now. */
export const temporaryStatus = 0x64;

/** Reasons that a route configures for statuses, which SMSCs define for themselves from 0x400 to 0x4FF. */
export type StatusReasons = ReadonlyMap<number, MessageFailure>;

/** Reasons that name the recipient: another route would get the same answer. */
const ofRecipient: readonly MessageFailure[] = ["invalid_recipient", "not_reachable", "blocked", "expired"];

/** @param status the command_status of a response; not 0 */
export function meaningOf(status: number, configured: StatusReasons): Meaning {
  const known = meanings.get(status) ?? { name: hex(status), reason: "rejected", elsewhere: true, pause: false };
  const reason = configured.get(status);
  if (reason === undefined) return known;
  return { name: known.name, reason, elsewhere: !ofRecipient.includes(reason), pause: reason === "throttled" };
}

/** For logs and metrics: the specification's name, or the number. */
export function statusName(status: number): string {
  return status === okStatus ? "ESME_ROK" : (meanings.get(status)?.name ?? hex(status));
}

function hex(status: number): string {
  return `0x${status.toString(16).padStart(8, "0")}`;
}

/** Reads `0x0400` or `1024` of the configuration. */
export function readStatus(text: string): number {
  return Number(text);
}
