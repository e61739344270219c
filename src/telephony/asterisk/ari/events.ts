/** Interprets ARI events. Reads untrusted JSON: anything unexpected is ignored. */

import type { Invite } from "../../call-control/invite.ts";
import { readInvite } from "../invite.ts";
import { lastResponseIn } from "../last-response.ts";
import type { ChannelUpdate } from "../own-calls.ts";

/** The event types that Asterisk is always asked to send. */
const eventTypes = [
  // A 180 with SDP causes no `Dial` event with RINGING (measured on 22.10.1).
  "ChannelStateChange",
  "ChannelDestroyed",
  "StasisStart",
  // Both only of calls that are kept after their answer.
  "ChannelDtmfReceived",
  "PlaybackFinished",
  // Without it a gateway that was replaced keeps a WebSocket without any further events.
  "ApplicationReplaced",
  // Not an event, but subject to the filter (measured on 22.10.1): without it no request over the WebSocket is answered.
  "RESTResponse",
] as const;

/**
 * The events that Asterisk is asked to send; all others are filtered there, because each event costs both sides.
 * @param withProgress only `Dial` reports a 183; it is sent three times per call
 */
export function eventFilter(withProgress: boolean): object {
  const allowed = withProgress ? ["Dial", ...eventTypes] : eventTypes;
  return { allowed: allowed.map((type) => ({ type })) };
}

export type AriNews =
  | ChannelUpdate
  /** A channel entered our application: an answered call of ours, or one that the dialplan sent here. */
  | { readonly type: "entered"; readonly channelId: string; readonly incoming: Incoming | null }
  /** Another process took our application's name. */
  | { readonly type: "replaced" };

/** An inbound channel. */
export interface Incoming {
  /** The PJSIP endpoint of the call. */
  readonly endpoint: string;
  readonly invite: Invite | "unreadable";
}

/** The fields that are read, of unchecked type. */
interface Json {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly name?: unknown;
  readonly state?: unknown;
  readonly protocol_id?: unknown;
  readonly channelvars?: unknown;
  readonly channel?: unknown;
  readonly peer?: unknown;
  readonly dialstatus?: unknown;
  readonly cause?: unknown;
  readonly tech_cause?: unknown;
  readonly args?: unknown;
  readonly dialplan?: unknown;
  readonly app_name?: unknown;
  readonly app_data?: unknown;
  readonly digit?: unknown;
  readonly playback?: unknown;
  readonly target_uri?: unknown;
}

/** The first argument of `Stasis(<ari_app>,inbound,<invite>)`, with which the dialplan sends inbound calls here. */
const inboundArgument = "inbound";

/** Interprets one parsed event; null: not relevant. */
export function readEvent(parsed: unknown): AriNews | null {
  const event = asObject(parsed);
  switch (event.type) {
    case "Dial":
      return about(asObject(event.peer), dialStatuses.get(event.dialstatus));
    case "ChannelStateChange":
      return about(asObject(event.channel), channelStates.get(asObject(event.channel).state));
    case "StasisStart":
      return entered(event);
    case "ChannelDestroyed":
      return ended(event);
    case "ChannelDtmfReceived":
      return keyOf(event);
    case "PlaybackFinished":
      return played(asObject(event.playback));
    case "ApplicationReplaced":
      return { type: "replaced" };
    default:
      return null;
  }
}

/** The state of a call by its channel's state, as listed by `GET /channels`. */
export const channelStates: ReadonlyMap<unknown, "alerting" | "answered"> = new Map([
  ["Ringing", "alerting"],
  ["Up", "answered"],
]);

/** `Dial` comes with an empty status when the INVITE goes out. Final ones (BUSY, …) are reported by ChannelDestroyed. */
const dialStatuses: ReadonlyMap<unknown, "dialing" | "progress" | "alerting" | "answered"> = new Map([
  ["", "dialing"],
  ["PROGRESS", "progress"],
  ["RINGING", "alerting"],
  ["ANSWER", "answered"],
] as const);

function about(channel: Json, type: "dialing" | "progress" | "alerting" | "answered" | undefined): AriNews | null {
  const channelId = channel.id;
  return type === undefined || typeof channelId !== "string" ? null : { type, channelId };
}

function entered(event: Json): AriNews | null {
  const channel = asObject(event.channel);
  if (typeof channel.id !== "string") return null;
  const [argument, invite] = Array.isArray(event.args) ? event.args : [];
  const incoming = argument === inboundArgument ? incomingBy(channel, invite) : null;
  return { type: "entered", channelId: channel.id, incoming };
}

/**
 * The reason for which a listed channel waits in our application; undefined: it does not wait there.
 * @param app our application's name
 */
export function waitingIn(app: string, channel: unknown): Incoming | null | undefined {
  const { app_name: name, app_data: data } = asObject(asObject(channel).dialplan);
  if (name !== "Stasis" || typeof data !== "string") return undefined;
  const [ownApp, argument, invite] = data.split(",");
  if (ownApp !== app) return undefined;
  return argument === inboundArgument ? incomingBy(asObject(channel), invite) : null;
}

function incomingBy(channel: Json, invite: unknown): Incoming {
  // As in PJSIP/carrier-a-0000001f.
  const [, endpoint = ""] = /^PJSIP\/(.+)-[0-9a-f]+$/.exec(asText(channel.name)) ?? [];
  return { endpoint, invite: readInvite(invite) ?? "unreadable" };
}

/** `tech_cause` is the final SIP status (Asterisk 20.17, 22.7 and later); 0 or absent: unknown. */
function ended(event: Json): AriNews | null {
  const { id: channelId, protocol_id: callId, channelvars } = asObject(event.channel);
  if (typeof channelId !== "string") return null;
  const sipCallId = typeof callId === "string" && callId !== "" ? callId : null;
  const { cause, tech_cause: techCause } = event;
  const sipStatus = typeof techCause === "number" && techCause >= 200 && techCause <= 699 ? techCause : null;
  const lastResponse = lastResponseIn(channelvars);
  return {
    type: "ended",
    channelId,
    q850Cause: typeof cause === "number" ? cause : 0,
    sipStatus,
    sipCallId,
    lastResponse,
  };
}

function keyOf(event: Json): AriNews | null {
  const { id: channelId } = asObject(event.channel);
  const key = asText(event.digit);
  return typeof channelId === "string" && /^[0-9*#A-D]$/.test(key) ? { type: "key", channelId, key } : null;
}

/** Our playbacks' ids begin with their channel's. `state` is `done`, also where it was stopped, or `failed`. */
function played({ id, target_uri: target, state }: Json): AriNews | null {
  const channelId = /^channel:(.+)$/.exec(asText(target))?.[1] ?? "";
  const name = asText(id);
  if (channelId === "" || !name.startsWith(channelId)) return null;
  return { type: "played", channelId, playbackId: name.slice(channelId.length), complete: state === "done" };
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function asObject(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}
