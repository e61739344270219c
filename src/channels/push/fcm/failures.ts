/** What FCM's errors mean (firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode). */
import { ownEntry } from "../../../shared/own-entry.ts";
import type { PushFailure } from "../service.ts";

const failure = (
  reason: PushFailure["reason"],
  scope: PushFailure["scope"],
  registration: PushFailure["registration"] = null,
): PushFailure => ({ reason, scope, registration });

/** By `errorCode` of FcmError in `details`. */
export const fcmFailures: Readonly<Record<string, PushFailure>> = {
  UNREGISTERED: failure("invalid_recipient", "message", "gone"),
  // The registration token: what else a request holds is fixed, and its size is bounded before it is sent.
  INVALID_ARGUMENT: failure("invalid_recipient", "message", "invalid"),
  // Of another Firebase project.
  SENDER_ID_MISMATCH: failure("invalid_recipient", "message", "invalid"),
  // Of the project; where a QuotaFailure says that it is the device's, of that alone.
  QUOTA_EXCEEDED: failure("throttled", "service"),
  UNAVAILABLE: failure("provider_down", "down"),
  INTERNAL: failure("provider_down", "down"),
  // The project has no valid key for APNs or Web Push, so its tokens of Android go on.
  THIRD_PARTY_AUTH_ERROR: failure("rejected", "message"),
};

type Json = Readonly<Record<string, unknown>>;

type Details = readonly (Json | null)[];

const namesDevice = /device|token/i;

/**
 * Whether the quota is one device's (240 messages a minute), by the QuotaFailure (google.rpc) beside the error. Google says
 * that it names the quota, not with which words: what names no device is the project's quota, and holds up all.
 */
function isOfDevice(details: Details): boolean {
  const failures = details.filter((detail) => String(detail?.["@type"]).endsWith("google.rpc.QuotaFailure"));
  const violations = failures.flatMap((one) => (Array.isArray(one?.violations) ? (one.violations as Details) : []));
  return violations.some((violation) => namesDevice.test(`${violation?.subject} ${violation?.description}`));
}

/** @param body the answer, if it was JSON */
export function fcmFailure(status: number, body: Json | null): PushFailure {
  const details = (body?.error as Json | undefined)?.details;
  const found: Details = Array.isArray(details) ? details : [];
  const code = found.find((detail) => String(detail?.["@type"]).endsWith("FcmError"))?.errorCode;
  const row = typeof code === "string" ? ownEntry(fcmFailures, code) : undefined;
  const isThrottled = row === fcmFailures.QUOTA_EXCEEDED || (row === undefined && status === 429);
  if (isThrottled && isOfDevice(found)) return failure("throttled", "recipient");
  if (row !== undefined) return row;
  const fields = found.flatMap((detail) => (Array.isArray(detail?.fieldViolations) ? detail.fieldViolations : []));
  if ((fields as Details).some((violation) => violation?.field === "message.token")) {
    return failure("invalid_recipient", "message", "invalid");
  }
  if (status === 429) return failure("throttled", "service");
  if (status >= 500) return failure("provider_down", "down");
  // The access token has ended, or was revoked: the next message fetches another.
  if (status === 401) return failure("provider_down", "down");
  // 403: the API is not enabled or the role is missing; 404 without FcmError: there is no such project.
  return failure("rejected", status === 403 || status === 404 ? "denied" : "message");
}
