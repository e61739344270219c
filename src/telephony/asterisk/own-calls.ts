/** A driver's calls and their events that were already reported: Asterisk sends some twice, in any order. */
import type { CallEvent, LastResponse } from "../call-control/port.ts";

export interface OwnCall {
  readonly callId: string;
  readonly channelId: string;
  /** Asterisk has ended it by itself by then, in milliseconds of the steady clock. */
  readonly goneByMs: number;
  /** Our originate is not answered yet: it may be missing from a list of channels and still appear. */
  placing: boolean;
  /** Its end was not requested. */
  wanted: boolean;
  /** Hang-ups that Asterisk has not answered yet. */
  hangupsUnderWay: number;
  readonly reported: Set<CallEvent["type"]>;
}

/** An update of one channel, from any interface of Asterisk. */
export type ChannelUpdate =
  | { readonly type: "dialing" | "progress" | "alerting" | "answered" | "ready"; readonly channelId: string }
  | { readonly type: "key"; readonly channelId: string; readonly key: string }
  | { readonly type: "played"; readonly channelId: string; readonly playbackId: string; readonly complete: boolean }
  | {
      readonly type: "ended";
      readonly channelId: string;
      readonly q850Cause: number;
      readonly sipStatus: number | null;
      readonly sipCallId: string | null;
      readonly lastResponse: LastResponse | null;
    };

/** A channel that is up in Asterisk, and the state of its call. */
export interface LiveChannel {
  readonly id: string;
  readonly state: "alerting" | "answered" | "ready" | undefined;
}

/** Whether an update is new: each is reported once, and no `progress` after `alerting` or `answered`. */
export function isNew(call: OwnCall, type: "progress" | "alerting" | "answered" | "ready"): boolean {
  if (call.reported.has(type)) return false;
  if (call.reported.has("answered") && type !== "ready") return false;
  if (type === "progress" && call.reported.has("alerting")) return false;
  call.reported.add(type);
  return true;
}

/**
 * Channel ids carry the application's name, so that a gateway recognises its own channels after a crash. The dots are in
 * no application's name and in no call id: one application's prefix never starts another's channel id, and no channel id
 * starts another. (Measured on 22.10.1: Asterisk refuses `x.a2` as a duplicate while `x.a20` is up.)
 */
export function channelIdOf(app: string, callId: string): string {
  return `${app}.${callId}.`;
}

/** The call id in one of our channel ids; null: not our channel. */
export function callIdOf(app: string, channelId: string): string | null {
  const ours = channelId.startsWith(`${app}.`) && channelId.endsWith(".");
  return ours ? channelId.slice(app.length + 1, -1) : null;
}
