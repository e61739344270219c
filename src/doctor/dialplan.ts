/**
 * Reads a dialplan over AMI. `ShowDialPlan` needs class reporting or config, and the gateway's user has the first
 * (`dialplan show` by Command would need class command, which allows everything). ARI has no equivalent. The target of a
 * `switch` is not listed.
 */
import { AmiRefusal } from "../telephony/asterisk/ami/errors.ts";
import type { AmiSession, ManagerMessage } from "../telephony/asterisk/ami/session.ts";

export interface Step {
  readonly application: string;
  readonly data: string;
}

/**
 * The steps of a context.
 * @param extension only those that this number runs through, contexts included by this one too
 * @returns null: there is no such context, or no such extension in it
 * @throws {AmiRefusal} where the user lacks the right; {Error} where Asterisk does not answer
 */
export async function stepsOf(session: AmiSession, context: string, extension?: string): Promise<Step[] | null> {
  const fields = extension === undefined ? { context } : { context, extension };
  const items = await listOrNull(session.list("ShowDialPlan", fields), /^did not find/i);
  return items === null ? null : items.flatMap(readStep);
}

function readStep({ application, appdata }: ManagerMessage): Step[] {
  // An entry without an application is the name of an included context.
  return typeof application === "string" ? [{ application, data: typeof appdata === "string" ? appdata : "" }] : [];
}

/** The context in which the calls of a PJSIP endpoint begin; null: no such endpoint. @throws as `stepsOf` */
export async function contextOf(session: AmiSession, endpoint: string): Promise<string | null> {
  const context = (await detailsOf(session, endpoint))?.find(({ event }) => event === "EndpointDetail")?.context;
  return typeof context === "string" ? context : null;
}

/** Asterisk's list of a PJSIP endpoint; null: no such endpoint. @throws as `stepsOf` */
export async function detailsOf(session: AmiSession, endpoint: string): Promise<readonly ManagerMessage[] | null> {
  return await listOrNull(session.list("PJSIPShowEndpoint", { endpoint }), /^unable to retrieve/i);
}

/** Asterisk answers "there is none" with an error. */
async function listOrNull(
  list: Promise<readonly ManagerMessage[]>,
  none: RegExp,
): Promise<readonly ManagerMessage[] | null> {
  try {
    return await list;
  } catch (error) {
    if (error instanceof AmiRefusal && none.test(error.message)) return null;
    throw error;
  }
}
