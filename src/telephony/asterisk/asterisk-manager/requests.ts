/** The requests to AMI. */

import { type CallRequest, OriginateError } from "../../call-control/port.ts";
import { AmiNotSent, AmiRefusal } from "../ami/errors.ts";
import type { AmiSession } from "../ami/session.ts";
import type { AsteriskInfo } from "../asterisk-info.ts";
import type { LiveChannel } from "../own-calls.ts";
import { channelStates } from "./events.ts";

/** Every action that this driver sends once it is connected, and that its user must be allowed. */
const neededActions = ["Originate", "Hangup", "CoreShowChannels", "Getvar"] as const;
/** Normal clearing. A cause such as "answered elsewhere" would make phones hide the missed call. */
const hangupCause = "16";
const noSuchChannel = /^no such channel/i;

/**
 * Asks Asterisk to place a call. Asterisk only confirms the attempt: an event reports whether a channel was created. An
 * answered call is ended at once by the application, so that no dialplan is needed.
 */
export async function originate(session: AmiSession, channelId: string, request: CallRequest): Promise<void> {
  const fields = {
    channel: `PJSIP/${request.callee}@${request.endpoint}`,
    channelid: channelId,
    callerid: request.callerId,
    timeout: String(request.failSafeSeconds * 1000),
    application: "Hangup",
    async: "true",
  };
  await session.request("Originate", fields, channelId);
}

/** The meaning of a failed originate for the call. */
export function originateError(error: unknown): OriginateError {
  if (error instanceof OriginateError) return error;
  if (error instanceof AmiNotSent) return new OriginateError("not_connected", error.message);
  if (error instanceof AmiRefusal) return new OriginateError("refused", error.message);
  return new OriginateError("no_response", error instanceof Error ? error.message : "unknown error");
}

/** Ends a channel; one that is gone is fine. AMI takes a channel's id for its name. */
export async function hangUp(session: AmiSession, channelId: string): Promise<void> {
  try {
    await session.request("Hangup", { channel: channelId, cause: hangupCause });
  } catch (error) {
    if (!isNoSuchChannel(error)) throw error;
  }
}

/** Whether Asterisk has a channel with this id. */
export async function channelExists(session: AmiSession, channelId: string): Promise<boolean> {
  try {
    await session.request("Getvar", { channel: channelId, variable: "EPOCH" });
    return true;
  } catch (error) {
    if (isNoSuchChannel(error)) return false;
    throw error;
  }
}

export async function listChannels(session: AmiSession): Promise<readonly LiveChannel[]> {
  const channels = await session.list("CoreShowChannels");
  return channels.flatMap(({ uniqueid: id, channelstate }) =>
    typeof id === "string" ? [{ id, state: channelStates.get(channelstate) }] : [],
  );
}

/**
 * Reads the version and checks the user's rights.
 * @throws {Error} naming what the user lacks
 */
export async function learn(session: AmiSession): Promise<AsteriskInfo> {
  const commands = await session.request("ListCommands");
  const lacking = neededActions.filter((action) => commands[action.toLowerCase()] === undefined);
  if (lacking.length > 0) {
    throw new Error(`the AMI user may not ${lacking.join(", ")}: give it \`write = system,reporting,originate\``);
  }
  const settings = await session.request("CoreSettings");
  const status = await session.request("CoreStatus");
  return {
    version: String(settings.asteriskversion ?? "unknown"),
    startupTime: `${String(status.corestartupdate)} ${String(status.corestartuptime)}`,
  };
}

function isNoSuchChannel(error: unknown): boolean {
  return error instanceof AmiRefusal && noSuchChannel.test(error.message);
}
