/** What APNs' reasons mean (developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns). */
import { ownEntry } from "../../../shared/own-entry.ts";
import type { PushFailure } from "../service.ts";

const failure = (
  reason: PushFailure["reason"],
  scope: PushFailure["scope"],
  registration: PushFailure["registration"] = null,
): PushFailure => ({ reason, scope, registration });

const denied = failure("rejected", "denied");
const malformed = failure("rejected", "message");
const down = failure("provider_down", "down");

/** By `reason` in the body. */
export const apnsFailures: Readonly<Record<string, PushFailure>> = {
  // 410: the app was removed, or the token has ended.
  Unregistered: failure("invalid_recipient", "message", "gone"),
  ExpiredToken: failure("invalid_recipient", "message", "gone"),
  // Not of this environment (development, production), or not of this app.
  BadDeviceToken: failure("invalid_recipient", "message", "invalid"),
  DeviceTokenNotForTopic: failure("invalid_recipient", "message", "invalid"),
  MissingDeviceToken: failure("invalid_recipient", "message", "invalid"),
  // Too many to this one device.
  TooManyRequests: failure("throttled", "recipient"),
  TooManyProviderTokenUpdates: failure("throttled", "service"),
  // Handled before: it is renewed once it is old enough.
  ExpiredProviderToken: denied,
  InvalidProviderToken: denied,
  MissingProviderToken: denied,
  BadEnvironmentKeyIdInToken: denied,
  UnrelatedKeyIdInToken: denied,
  BadCertificate: denied,
  BadCertificateEnvironment: denied,
  Forbidden: denied,
  BadTopic: denied,
  MissingTopic: denied,
  TopicDisallowed: denied,
  InternalServerError: down,
  ServiceUnavailable: down,
  Shutdown: down,
  IdleTimeout: down,
  PayloadTooLarge: malformed,
  PayloadEmpty: malformed,
  BadCollapseId: malformed,
  BadExpirationDate: malformed,
  BadMessageId: malformed,
  BadPriority: malformed,
  BadPath: malformed,
  DuplicateHeaders: malformed,
  InvalidPushType: malformed,
  MethodNotAllowed: malformed,
};

/** @param reason of the body; null where it had none */
export function apnsFailure(status: number, reason: string | null): PushFailure {
  const row = ownEntry(apnsFailures, reason);
  if (row !== undefined) return row;
  if (status === 410) return failure("invalid_recipient", "message", "gone");
  if (status === 429) return failure("throttled", "service");
  if (status === 403) return denied;
  return status >= 500 ? down : malformed;
}
