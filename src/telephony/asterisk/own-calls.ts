/** The calls that a driver owns, and which of their events were told already: Asterisk tells some twice, in any order. */
import type { CallEvent, LastResponse } from "./call-control.ts";

export interface OwnCall {
  readonly callId: string;
  readonly channelId: string;
  /** Asterisk has ended it by itself by then, in the injected clock's milliseconds. */
  readonly goneByMs: number;
  /** Our request to place it is not answered yet: it may be missing from a list of channels and still come. */
  placing: boolean;
  /** Nobody asked for its end. */
  wanted: boolean;
  /** Hang-ups that Asterisk has not answered yet. */
  hangupsUnderWay: number;
  readonly told: Set<CallEvent["type"]>;
}

/** A piece of news of one channel, whatever interface of Asterisk told it. */
export type ChannelNews =
  | { readonly type: "dialing" | "progress" | "alerting" | "answered"; readonly channelId: string }
  | {
      readonly type: "ended";
      readonly channelId: string;
      readonly q850Cause: number;
      readonly sipStatus: number | null;
      readonly sipCallId: string | null;
      readonly lastResponse: LastResponse | null;
    };

/** A channel that is up in Asterisk, and what its state says of its call. */
export interface LiveChannel {
  readonly id: string;
  readonly state: "alerting" | "answered" | undefined;
}

/** Whether this news is still news: each at most once, and no `progress` after `alerting` or `answered`. */
export function isNew(call: OwnCall, type: "progress" | "alerting" | "answered"): boolean {
  if (call.told.has(type)) return false;
  if (call.told.has("answered")) return false;
  if (type === "progress" && call.told.has("alerting")) return false;
  call.told.add(type);
  return true;
}

/**
 * Channel ids carry the application's name, so that a gateway knows its own channels again after a crash. The dots are in
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
