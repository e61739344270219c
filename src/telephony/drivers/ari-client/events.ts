/** What an ARI event means to us. Reads untrusted JSON: anything unexpected means nothing. */

/** The event types that Asterisk is asked to send; all others are filtered there. */
export const eventTypes = [
  "Dial",
  "ChannelStateChange",
  "ChannelDestroyed",
  "StasisStart",
  // Without it a gateway that was replaced keeps a WebSocket on which nothing ever comes again.
  "ApplicationReplaced",
] as const;

export type AriNews =
  | { readonly type: "dialing" | "progress" | "alerting" | "answered"; readonly channelId: string }
  | {
      readonly type: "ended";
      readonly channelId: string;
      readonly q850Cause: number;
      readonly sipStatus: number | null;
      readonly sipCallId: string | null;
    }
  /** Another process took our application's name. */
  | { readonly type: "replaced" };

/** The fields that we look at, whatever they turn out to hold. */
interface Json {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly state?: unknown;
  readonly protocol_id?: unknown;
  readonly channel?: unknown;
  readonly peer?: unknown;
  readonly dialstatus?: unknown;
  readonly cause?: unknown;
  readonly tech_cause?: unknown;
}

/** The meaning of one WebSocket message; null: none for us. */
export function readEvent(message: string): AriNews | null {
  const event = asObject(parse(message));
  switch (event.type) {
    case "Dial":
      return about(asObject(event.peer), dialStatuses.get(event.dialstatus));
    case "ChannelStateChange":
      return about(asObject(event.channel), channelStates.get(asObject(event.channel).state));
    case "StasisStart":
      return about(asObject(event.channel), "answered");
    case "ChannelDestroyed":
      return ended(event);
    case "ApplicationReplaced":
      return { type: "replaced" };
    default:
      return null;
  }
}

/** What a channel's state says of its call, as listed by `GET /channels`. */
export const channelStates: ReadonlyMap<unknown, "alerting" | "answered"> = new Map([
  ["Ringing", "alerting"],
  ["Up", "answered"],
]);

/** `Dial` comes with an empty status when the INVITE goes out. Final ones (BUSY, …) are told by ChannelDestroyed. */
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

/** `tech_cause` is the final SIP status (Asterisk 20.17, 22.7 and later); 0 or absent: not known. */
function ended(event: Json): AriNews | null {
  const { id: channelId, protocol_id: callId } = asObject(event.channel);
  if (typeof channelId !== "string") return null;
  const sipCallId = typeof callId === "string" && callId !== "" ? callId : null;
  const { cause, tech_cause: techCause } = event;
  const sipStatus = typeof techCause === "number" && techCause >= 200 && techCause <= 699 ? techCause : null;
  return { type: "ended", channelId, q850Cause: typeof cause === "number" ? cause : 0, sipStatus, sipCallId };
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return null;
  }
}

function asObject(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}
