/** The requests to ARI, and the meaning of its answers. */

import { type CallRequest, OriginateError, type Playback } from "../../call-control/port.ts";
import type { AriConfig } from "../access.ts";
import { getOverHttp } from "./plain-http.ts";
import { AriError, type AriSession, type HangupReason } from "./transport.ts";

/** A channel as Asterisk lists it: its id is checked, all other fields are unchecked JSON. */
export interface ListedChannel {
  readonly id: string;
  readonly state?: unknown;
}

/**
 * The requested format: signed linear, which is part of every Asterisk's core, so the INVITE offers all codecs of the
 * trunk in the trunk's own order. Without it Asterisk builds a list of every known format: it then offers them in its
 * own order and uses a tenth more CPU per call (measured, 22.10.1).
 */
const formats = "slin";

/**
 * Places a call. Takes one thread in Asterisk; its events arrive without a subscription.
 * @throws {OriginateError}
 */
export async function originate(
  session: AriSession,
  app: string,
  channelId: string,
  request: CallRequest,
): Promise<void> {
  const { callee, endpoint, callerId, failSafeSeconds, limitSeconds } = request;
  try {
    await session.originate({
      endpoint: `PJSIP/${callee}@${endpoint}`,
      app,
      callerId,
      timeout: failSafeSeconds,
      channelId,
      formats,
      // `timeout` ends with the answer.
      ...(limitSeconds === undefined ? {} : { variables: { "TIMEOUT(absolute)": String(limitSeconds) } }),
    });
  } catch (error) {
    throw originateError(error);
  }
}

/** Asterisk answers 500 when it cannot dial. */
function originateError(error: unknown): OriginateError {
  // An error that is not Asterisk's answer occurred in the gateway, before or after the request: the call may be up.
  if (!(error instanceof AriError)) return new OriginateError("no_response", "unexpected error");
  const { status, message, sent } = error;
  if (status === 0) return new OriginateError(sent ? "no_response" : "not_connected", message);
  if (status === 409) return new OriginateError("duplicate", message);
  if (status === 500) return new OriginateError("trunk_down", message);
  return new OriginateError("refused", `HTTP ${status}`);
}

/**
 * Ends a channel; one that is gone is fine. Without a reason Asterisk sends "normal": a reason such as "answered
 * elsewhere" would make phones hide the missed call.
 * @throws {AriError}
 */
export async function hangUp(session: AriSession, channelId: string, reason?: HangupReason): Promise<void> {
  try {
    await session.hangUp(channelId, reason);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Plays sounds on a channel in our application. The playback's id on the wire begins with the channel's. @throws {AriError} */
export async function play(session: AriSession, channelId: string, { id, sounds, language }: Playback): Promise<void> {
  const media = sounds.map((sound) => `sound:${sound}`).join(",");
  await session.play({ channelId, playbackId: `${channelId}${id}`, media, lang: language });
}

/** Stops a playback. @returns false where it was over already @throws {AriError} */
export async function stopPlayback(session: AriSession, channelId: string, id: string): Promise<boolean> {
  try {
    await session.stopPlayback(channelId, `${channelId}${id}`);
    return true;
  } catch (error) {
    if (!isGone(error)) throw error;
    return false;
  }
}

/** Whether Asterisk reports that it has no such playback; false also where the request fails. */
export function isPlaybackOver(session: AriSession, channelId: string, id: string): Promise<boolean> {
  return isUnknown(session.getPlayback(channelId, `${channelId}${id}`));
}

/**
 * All channels of this Asterisk. Never over the WebSocket: there Asterisk copies an answer onto the stack of a thread, and
 * one of some 500 KiB, which is not a thousand channels, ends Asterisk (measured on 22.10.1: segmentation fault).
 * @throws {AriError}
 */
export async function listChannels(asterisk: AriConfig): Promise<readonly ListedChannel[]> {
  const { status, body } = await getOverHttp(asterisk, "channels").catch((error: Error) => {
    throw new AriError(0, error.message);
  });
  if (status !== 200) throw new AriError(status, "channels cannot be listed");
  if (!Array.isArray(body)) throw new AriError(0, "EBADMSG");
  return body.filter((channel) => typeof channel?.id === "string");
}

/** Whether Asterisk reports that it has no such channel; false also where the request fails. */
export function isMissing(session: AriSession, channelId: string): Promise<boolean> {
  return isUnknown(session.getChannel(channelId));
}

async function isUnknown(asked: Promise<void>): Promise<boolean> {
  try {
    await asked;
    return false;
  } catch (error) {
    return isGone(error);
  }
}

function isGone(error: unknown): boolean {
  return error instanceof AriError && error.status === 404;
}
