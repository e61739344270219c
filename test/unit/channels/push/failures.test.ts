/** The tables of FCM, APNs and Web Push: what each failure means for message and registration. */
import { describe, expect, it } from "vitest";
import { apnsFailure } from "../../../../src/channels/push/apns/failures.ts";
import { fcmFailure } from "../../../../src/channels/push/fcm/failures.ts";
import { webPushFailure } from "../../../../src/channels/push/web-push/failures.ts";

const fcmBody = (errorCode: string) => ({
  error: { details: [{ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode }] },
});
const quotaOf = (errorCode: string | null, violations: unknown) => ({
  error: {
    details: [
      { "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations },
      ...(errorCode === null ? [] : fcmBody(errorCode).error.details),
    ],
  },
});
const badField = (field: string) => ({
  error: { details: [{ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: [{ field }] }] },
});

describe("FCM", () => {
  it.each([
    [404, fcmBody("UNREGISTERED"), "invalid_recipient", "gone", "message"],
    [400, fcmBody("INVALID_ARGUMENT"), "invalid_recipient", "invalid", "message"],
    [400, badField("message.token"), "invalid_recipient", "invalid", "message"],
    [403, fcmBody("SENDER_ID_MISMATCH"), "invalid_recipient", "invalid", "message"],
    [429, fcmBody("QUOTA_EXCEEDED"), "throttled", null, "service"],
    [429, quotaOf("QUOTA_EXCEEDED", [{ description: "Device quota exceeded." }]), "throttled", null, "recipient"],
    [429, quotaOf("QUOTA_EXCEEDED", [{}, { subject: "TOKEN:cX9" }]), "throttled", null, "recipient"],
    [429, quotaOf(null, [{ subject: "device" }]), "throttled", null, "recipient"],
    [429, quotaOf("QUOTA_EXCEEDED", [{ subject: "project:1", description: "rate" }]), "throttled", null, "service"],
    [429, quotaOf("QUOTA_EXCEEDED", [null, 7, "device"]), "throttled", null, "service"],
    [429, quotaOf("QUOTA_EXCEEDED", "device"), "throttled", null, "service"],
    [404, quotaOf("UNREGISTERED", [{ subject: "device" }]), "invalid_recipient", "gone", "message"],
    [503, fcmBody("UNAVAILABLE"), "provider_down", null, "down"],
    [500, fcmBody("INTERNAL"), "provider_down", null, "down"],
    [401, fcmBody("THIRD_PARTY_AUTH_ERROR"), "rejected", null, "message"],
    [400, badField("message.android.ttl"), "rejected", null, "message"],
    [401, null, "provider_down", null, "down"],
    [403, null, "rejected", null, "denied"],
    [404, null, "rejected", null, "denied"],
    [429, null, "throttled", null, "service"],
    [502, null, "provider_down", null, "down"],
    [400, fcmBody("toString"), "rejected", null, "message"],
    [400, { error: { details: [null, "x", {}] } }, "rejected", null, "message"],
  ] as const)("HTTP %i %j: %s, registration %s", (status, body, reason, registration, scope) => {
    expect(fcmFailure(status, body)).toEqual({ reason, registration, scope });
  });
});

describe("APNs", () => {
  it.each([
    [410, "Unregistered", "invalid_recipient", "gone", "message"],
    [410, "ExpiredToken", "invalid_recipient", "gone", "message"],
    [410, null, "invalid_recipient", "gone", "message"],
    [400, "BadDeviceToken", "invalid_recipient", "invalid", "message"],
    [400, "DeviceTokenNotForTopic", "invalid_recipient", "invalid", "message"],
    [429, "TooManyRequests", "throttled", null, "recipient"],
    [429, "TooManyProviderTokenUpdates", "throttled", null, "service"],
    [403, "ExpiredProviderToken", "rejected", null, "denied"],
    [403, "InvalidProviderToken", "rejected", null, "denied"],
    [400, "TopicDisallowed", "rejected", null, "denied"],
    [400, "BadTopic", "rejected", null, "denied"],
    [413, "PayloadTooLarge", "rejected", null, "message"],
    [500, "InternalServerError", "provider_down", null, "down"],
    [503, "ServiceUnavailable", "provider_down", null, "down"],
    [503, "Shutdown", "provider_down", null, "down"],
    [400, "SomethingNew", "rejected", null, "message"],
    [403, null, "rejected", null, "denied"],
    [429, null, "throttled", null, "service"],
    [502, null, "provider_down", null, "down"],
    [400, "constructor", "rejected", null, "message"],
  ] as const)("HTTP %i %s: %s, registration %s", (status, reason, expected, registration, scope) => {
    expect(apnsFailure(status, reason)).toEqual({ reason: expected, registration, scope });
  });
});

describe("Web Push", () => {
  it.each([
    [404, "invalid_recipient", "gone", "message"],
    [410, "invalid_recipient", "gone", "message"],
    [400, "rejected", null, "message"],
    [401, "rejected", null, "message"],
    [403, "rejected", null, "message"],
    [413, "rejected", null, "message"],
    [429, "throttled", null, "recipient"],
    [406, "throttled", null, "recipient"],
    [500, "provider_down", null, "down"],
    [503, "provider_down", null, "down"],
  ] as const)("HTTP %i: %s, registration %s", (status, reason, registration, scope) => {
    expect(webPushFailure(status)).toEqual({ reason, registration, scope });
  });
});
