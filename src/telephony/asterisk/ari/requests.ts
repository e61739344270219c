/** The requests that we make of ARI, and what its answers to them mean. */
import type { AriConfig } from "../access.ts";
import { type CallRequest, OriginateError } from "../call-control.ts";
import { getOverHttp } from "./plain-http.ts";
import { AriError, type AriSession, type HangupReason } from "./transport.ts";

/** A channel as Asterisk lists it: its id is sure, all else is whatever JSON can hold. */
export interface ListedChannel {
  readonly id: string;
  readonly state?: unknown;
}

/**
 * What we ask to talk in: signed linear, which is part of every Asterisk's core, so the INVITE offers the codecs of the
 * trunk, all of them, in the trunk's own order. Without it Asterisk makes a list of every format that it knows: it then
 * offers in an order of its own and uses a tenth more CPU a call (measured, 22.10.1).
 */
const formats = "slin";

/**
 * Places a call. One thread of Asterisk a call, and all its events come by themselves.
 * @throws {OriginateError}
 */
export async function originate(
  session: AriSession,
  app: string,
  channelId: string,
  request: CallRequest,
): Promise<void> {
  const { callee, endpoint, callerId, failSafeSeconds } = request;
  try {
    await session.originate({
      endpoint: `PJSIP/${callee}@${endpoint}`,
      app,
      callerId,
      timeout: failSafeSeconds,
      channelId,
      formats,
    });
  } catch (error) {
    throw originateError(error);
  }
}

/** 500 is what Asterisk says when it has no way to dial. */
function originateError(error: unknown): OriginateError {
  // What is no answer of Asterisk's is a fault of ours before or after the request: the call may be up.
  if (!(error instanceof AriError)) return new OriginateError("no_response", "unexpected error");
  const { status, message, sent } = error;
  if (status === 0) return new OriginateError(sent ? "no_response" : "not_connected", message);
  if (status === 409) return new OriginateError("duplicate", message);
  if (status === 500) return new OriginateError("trunk_down", message);
  return new OriginateError("refused", `HTTP ${status}`);
}

/**
 * Ends a channel; one that is gone is fine. Without a reason Asterisk says "normal": one that reads "answered elsewhere"
 * would make phones hide the missed call.
 * @throws {AriError}
 */
export async function hangUp(session: AriSession, channelId: string, reason?: HangupReason): Promise<void> {
  try {
    await session.hangUp(channelId, reason);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
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

/** Whether Asterisk says that it has no such channel; false also where it cannot be asked. */
export async function isMissing(session: AriSession, channelId: string): Promise<boolean> {
  try {
    await session.getChannel(channelId);
    return false;
  } catch (error) {
    return isGone(error);
  }
}

function isGone(error: unknown): boolean {
  return error instanceof AriError && error.status === 404;
}
