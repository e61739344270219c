/** Firebase Cloud Messaging, HTTP v1 (firebase.google.com/docs/reference/fcm/rest/v1/projects.messages). */
import { createGate } from "../../../outgoing-http/gate.ts";
import { jsonOf, type OutgoingHttp, type OutgoingResponse, retryAfterMsOf } from "../../../outgoing-http/request.ts";
import type { Clock } from "../../../shared/clock.ts";
import type { Random } from "../../../shared/random.ts";
import { withoutAnswer } from "../../messages/over-http.ts";
import type { MessageReport } from "../../messages/provider-port.ts";
import { createRecipientLimit } from "../../messages/recipient-limit.ts";
import type { FcmConfig } from "../config.ts";
import { type Notification, notificationOf } from "../notification.ts";
import { type Registration, registrationText } from "../registration.ts";
import { failed, type PushService, pushGateResult } from "../service.ts";
import { createAccessTokens, TokenDenied } from "./access-token.ts";
import { fcmFailure } from "./failures.ts";
import { parseServiceAccount } from "./service-account.ts";

/** Limit of FCM; beyond it INVALID_ARGUMENT would wrongly mean the token. */
const maxBytes = 4096;
const deviceBackoff = { firstMs: 5000, longestMs: 300_000 };

const deniedDetail =
  "Google refuses the service account: key revoked, role missing, API not enabled, or this clock is wrong";

export function createFcm(options: {
  readonly config: FcmConfig;
  readonly http: OutgoingHttp;
  readonly clock: Clock;
  readonly random: Random;
}): PushService {
  const { config, http, clock, random } = options;
  const parsed = parseServiceAccount(config.service_account);
  if ("problem" in parsed) throw new Error(`push.fcm: expected ${parsed.problem}`);
  const { account } = parsed;
  const gate = createGate({ clock, random, perSecond: config.messages_per_second });
  const devices = createRecipientLimit(clock, random, deviceBackoff);
  const tokens = createAccessTokens(account, http, clock);
  const url = new URL(`/v1/projects/${account.projectId}/messages:send`, config.api_url);

  const post = (body: string, token: string): Promise<OutgoingResponse> =>
    http.request({
      method: "POST",
      url,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body,
    });

  /** Without an access token nothing is sent, however that request ended. */
  function withoutToken(error: unknown): MessageReport {
    const denied = error instanceof TokenDenied;
    gate.result(denied ? { kind: "denied", detail: deniedDetail } : { kind: "down", retryAfterMs: null });
    return failed({ reason: denied ? "rejected" : "provider_down", registration: null, scope: "down" });
  }

  return {
    enter(registration) {
      const waitMs = devices.waitMs(registrationText(registration));
      return waitMs > 0 ? { open: false, why: "throttled", retryAfterMs: waitMs } : gate.enter();
    },
    leave: () => gate.leave(),
    async send(message, registration) {
      const body = bodyOf(notificationOf(message), tokenOf(registration), clock.nowMs());
      if (Buffer.byteLength(body) > maxBytes) {
        gate.leave();
        return failed({ reason: "rejected", registration: null, scope: "message" });
      }
      let token: string;
      try {
        token = await tokens.get();
      } catch (error) {
        return withoutToken(error);
      }
      try {
        const response = await post(body, token);
        const { status } = response;
        if (status === 200) {
          gate.result({ kind: "fine" });
          return { state: "sent", result: { registration: null } };
        }
        const failure = fcmFailure(status, jsonOf(response));
        // The next message fetches a new one; where the key is revoked, that is refused. A 401 for APNs' key says nothing of ours.
        if (status === 401 && failure.scope === "down") tokens.forget();
        const retryAfterMs = retryAfterMsOf(response.headers, clock.nowMs());
        if (failure.scope === "recipient") devices.hit(registrationText(registration), retryAfterMs);
        gate.result(pushGateResult(failure, retryAfterMs, deniedDetail));
        return failed(failure);
      } catch (error) {
        const { reason, gate: result } = withoutAnswer(error);
        gate.result(result);
        return failed({ reason, registration: null, scope: "down" });
      }
    },
    health: () => gate.health(),
    async examine() {
      try {
        const check = JSON.parse(bodyOf(exampleNotification, "examined-by-doctor", clock.nowMs())) as object;
        const response = await post(JSON.stringify({ ...check, validate_only: true }), await tokens.get());
        const { reason, scope } = fcmFailure(response.status, jsonOf(response));
        // That token is none, so this answer means that everything else is right.
        if (response.status === 200 || reason === "invalid_recipient") return null;
        return scope === "denied" ? deniedDetail : `HTTP ${response.status}`;
      } catch (error) {
        if (error instanceof TokenDenied) return deniedDetail;
        return error instanceof Error ? error.message : "no answer";
      }
    },
    close: () => http.close(),
  };
}

const tokenOf = (registration: Registration) => (registration.service === "web_push" ? "" : registration.token);

const exampleNotification: Notification = { title: "-", body: "-", data: {}, ttlSeconds: 60 };

function bodyOf({ title, body, data, ttlSeconds }: Notification, token: string, nowMs: number): string {
  const expiration = String(Math.floor(nowMs / 1000) + ttlSeconds);
  return JSON.stringify({
    message: {
      token,
      notification: { title, body },
      data,
      // High: at once, also while the device sleeps. Private: a locked screen does not show the code.
      android: { priority: "HIGH", ttl: `${ttlSeconds}s`, notification: { visibility: "PRIVATE" } },
      apns: {
        headers: { "apns-priority": "10", "apns-expiration": expiration },
        payload: { aps: { sound: "default" } },
      },
      webpush: { headers: { TTL: String(ttlSeconds), Urgency: "high" } },
    },
  });
}
