/**
 * Distinguishes the dialplan's own events from forged ones. Asterisk copies a SIP URI's contents into AMI events verbatim,
 * line breaks included, so any client that may send a call can write a whole event (measured, 22.10.1). The dialplan's
 * events therefore carry a secret from its `UserEvent(OneRingInbound,Token: <secret>,…)`, where the gateway reads it over
 * AMI (ADR 30). That answer cannot be forged: it carries an unpredictable ActionID.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { AmiRefusal } from "../ami/errors.ts";
import type { AmiSession } from "../ami/session.ts";

/** The context of asterisk-config/inbound.conf.template that sends the events. */
export const eventContext = "onering-refusal";

/**
 * @returns null where the dialplan has no such event, or one without a token
 * @throws {AmiRefusal} where the user lacks the right (class reporting); {Error} where Asterisk does not answer
 */
export async function readEventSecret(session: AmiSession): Promise<string | null> {
  try {
    const steps = await session.list("ShowDialPlan", { context: eventContext });
    for (const { application, appdata } of steps) {
      const secret = application === "UserEvent" && typeof appdata === "string" ? eventSecretIn(appdata) : null;
      if (secret !== null) return secret;
    }
  } catch (error) {
    if (!(error instanceof AmiRefusal && /^did not find/i.test(error.message))) throw error;
  }
  return null;
}

/** @param data the arguments of the dialplan's UserEvent, unexpanded */
export function eventSecretIn(data: string): string | null {
  return /^OneRingInbound,(?:.*,)?Token: *([A-Za-z0-9_-]{16,100})(?:,|$)/.exec(data)?.[1] ?? null;
}

/** Whether an event carries the secret; compared in constant time. False where there is no secret. */
export function carriesSecret(token: unknown, secret: string | null): boolean {
  if (secret === null || typeof token !== "string") return false;
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(token), digest(secret));
}
