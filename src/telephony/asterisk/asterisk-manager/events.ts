/** Interprets AMI events. Reads untrusted text: anything unexpected is ignored. */

import type { Invite } from "../../call-control/invite.ts";
import type { ManagerMessage } from "../ami/session.ts";
import { readInvite } from "../invite.ts";
import { lastResponseIn } from "../last-response.ts";
import type { ChannelUpdate } from "../own-calls.ts";

export type AmiNews =
  | ChannelUpdate
  /** An originate failed: before it had a channel, or after; then `ended` is reported too. */
  | { readonly type: "not_placed"; readonly channelId: string }
  /** The dialplan rejected an inbound call; `token` must prove that the event is the dialplan's (EventSecret). */
  | {
      readonly type: "inbound";
      readonly endpoint: string;
      readonly invite: Invite | "unreadable";
      readonly token: unknown;
    };

/** The name of the dialplan's `UserEvent`. */
const inboundName = "OneRingInbound";

/** Interprets one event; null: not relevant. */
export function readEvent(event: ManagerMessage): AmiNews | null {
  switch (event.event) {
    case "Newchannel":
      return about(event.uniqueid, "dialing");
    case "Newstate":
      return about(event.uniqueid, channelStates.get(event.channelstate));
    case "DialState":
    case "DialEnd":
      return about(event.destuniqueid, dialStatuses.get(event.dialstatus));
    case "OriginateResponse":
      // Its Reason is not specific (0 for a 486 and for a missing endpoint), so only the failure counts.
      return about(event.actionid, event.response === "Failure" ? "not_placed" : undefined);
    case "Hangup":
      return ended(event);
    case "UserEvent":
      return event.userevent === inboundName ? inbound(event) : null;
    default:
      return null;
  }
}

/** `ChannelState` is the number of a state: https://docs.asterisk.org, enum ast_channel_state. */
export const channelStates: ReadonlyMap<unknown, "alerting" | "answered"> = new Map([
  ["5", "alerting"],
  ["6", "answered"],
]);

/** Final ones (BUSY, NOANSWER, …) are reported by Hangup, with a cause. */
const dialStatuses: ReadonlyMap<unknown, "progress" | "alerting" | "answered"> = new Map([
  ["PROGRESS", "progress"],
  ["RINGING", "alerting"],
  ["ANSWER", "answered"],
]);

function about<T extends string>(channelId: unknown, type: T | undefined): { type: T; channelId: string } | null {
  return type === undefined || typeof channelId !== "string" ? null : { type, channelId };
}

/**
 * `TechCause` is the final SIP status (Asterisk 20.17, 22.7 and later); absent: unknown. No AMI event contains the
 * Call-ID (see docs/drivers.md).
 */
function ended({
  uniqueid: channelId,
  cause,
  techcause: techCause,
  chanvariable: variables,
}: ManagerMessage): AmiNews | null {
  if (typeof channelId !== "string") return null;
  const q850Cause = typeof cause === "string" && /^\d{1,3}$/.test(cause) ? Number(cause) : 0;
  const sipStatus = typeof techCause === "string" && /^[2-6]\d\d$/.test(techCause) ? Number(techCause) : null;
  return { type: "ended", channelId, q850Cause, sipStatus, sipCallId: null, lastResponse: lastResponseIn(variables) };
}

/** `PJSIP/<endpoint>-<number>`: Asterisk's own name of the channel that the event is about. */
const channelNamePattern = /^PJSIP\/(.+)-[0-9a-f]{8,}$/;

/** A repeated field is a list here, and so neither a token nor an INVITE. */
function inbound({ channel, token, invite }: ManagerMessage): AmiNews | null {
  const endpoint = typeof channel === "string" ? channelNamePattern.exec(channel)?.[1] : undefined;
  return endpoint === undefined
    ? null
    : { type: "inbound", endpoint, invite: readInvite(invite) ?? "unreadable", token };
}
