/** The requests that we make of ARI. */
import { type CallRequest, OriginateError } from "../../call-control.ts";
import { AriError, type HeldClient } from "./package.ts";

/**
 * Places a call. One thread of Asterisk a call, and all its events come by themselves.
 * @throws {OriginateError}
 */
export async function originate(
  client: HeldClient,
  app: string,
  channelId: string,
  request: CallRequest,
): Promise<void> {
  try {
    await client.run("channels", "originate", {
      endpoint: `PJSIP/${request.callee}@${request.endpoint}`,
      app,
      callerId: request.callerId,
      timeout: request.failSafeSeconds,
      channelId,
    });
  } catch (error) {
    throw originateError(error);
  }
}

/** Nothing was sent where no connection could be made; 500 is what Asterisk says when it has no way to dial. */
function originateError(error: unknown): OriginateError {
  // What is no answer of Asterisk's is a fault of ours before or after the request: the call may be up.
  if (!(error instanceof AriError)) return new OriginateError("no_response", "unexpected error");
  const { status, message } = error;
  if (status === 0) return new OriginateError(message === "ECONNREFUSED" ? "not_connected" : "no_response", message);
  if (status === 409) return new OriginateError("duplicate", message);
  if (status === 500) return new OriginateError("trunk_down", message);
  return new OriginateError("refused", `HTTP ${status}`);
}

/**
 * Ends a channel; one that is gone is fine. Plain DELETE says "normal": a reason that reads "answered elsewhere" would
 * make phones hide the missed call.
 * @throws {AriError}
 */
export async function hangUp(client: HeldClient, channelId: string): Promise<void> {
  try {
    await client.run("channels", "hangup", { channelId });
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** @throws {AriError} */
export async function listChannels(client: HeldClient): Promise<readonly { id: string; state: unknown }[]> {
  const channels = await client.run("channels", "list", {});
  if (!Array.isArray(channels)) throw new AriError(0, "EBADMSG");
  return channels.filter((channel) => typeof channel?.id === "string");
}

/** Whether Asterisk says that it has no such channel; false also where it cannot be asked. */
export async function isMissing(client: HeldClient, channelId: string): Promise<boolean> {
  try {
    await client.run("channels", "get", { channelId });
    return false;
  } catch (error) {
    return isGone(error);
  }
}

function isGone(error: unknown): boolean {
  return error instanceof AriError && error.status === 404;
}
