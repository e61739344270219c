/** Apple Push Notification service, HTTP/2 with provider tokens (developer.apple.com/documentation/usernotifications). */
import { createPrivateKey } from "node:crypto";
import { createGate } from "../../../outgoing-http/gate.ts";
import { jsonOf, type OutgoingHttp, type OutgoingResponse, retryAfterMsOf } from "../../../outgoing-http/request.ts";
import type { Clock } from "../../../shared/clock.ts";
import type { Random } from "../../../shared/random.ts";
import { withoutAnswer } from "../../messages/over-http.ts";
import type { MessageReport } from "../../messages/provider-port.ts";
import { createRecipientLimit } from "../../messages/recipient-limit.ts";
import type { ApnsConfig } from "../config.ts";
import { type Notification, notificationOf } from "../notification.ts";
import { type Registration, registrationText } from "../registration.ts";
import { failed, type PushFailure, type PushService, pushGateResult } from "../service.ts";
import { apnsFailure } from "./failures.ts";
import { createProviderTokens } from "./provider-token.ts";

/** Limit of APNs for alerts. */
const maxBytes = 4096;
const deviceBackoff = { firstMs: 5000, longestMs: 300_000 };
const deniedDetail = "Apple refuses key, team, topic or environment, or this machine's clock is wrong";
/** For checks: no device has it. */
const noDevice: Registration = { service: "apns", token: "0".repeat(64) };

const hosts = { production: "https://api.push.apple.com", development: "https://api.sandbox.push.apple.com" };

/** The server of an entry. */
export const apnsOrigin = ({ api_url, environment }: Pick<ApnsConfig, "api_url" | "environment">) =>
  new URL(api_url ?? hosts[environment]);

/** @param options.http over HTTP/2, to `apnsOrigin` */
export function createApns(options: {
  readonly config: ApnsConfig;
  readonly http: OutgoingHttp;
  readonly clock: Clock;
  readonly random: Random;
}): PushService {
  const { config, http, clock, random } = options;
  const gate = createGate({ clock, random, perSecond: config.messages_per_second });
  const devices = createRecipientLimit(clock, random, deviceBackoff);
  const key = createPrivateKey(config.private_key);
  const tokens = createProviderTokens({ teamId: config.team_id, keyId: config.key_id, key }, clock);
  const origin = apnsOrigin(config);

  async function post({ title, body, data, ttlSeconds }: Notification, to: Registration): Promise<OutgoingResponse> {
    return await http.request({
      method: "POST",
      url: new URL(`/3/device/${to.service === "web_push" ? "" : to.token}`, origin),
      headers: {
        authorization: `bearer ${tokens.get()}`,
        "content-type": "application/json",
        "apns-topic": config.topic,
        "apns-push-type": "alert",
        "apns-priority": "10",
        "apns-expiration": String(Math.floor(clock.nowMs() / 1000) + ttlSeconds),
      },
      body: JSON.stringify({ aps: { alert: { title, body }, sound: "default" }, ...data }),
    });
  }

  function read(response: OutgoingResponse): { readonly failure: PushFailure; readonly reason: string | null } {
    const { reason } = jsonOf(response) ?? {};
    const text = typeof reason === "string" ? reason : null;
    // An old token is made anew for the next message; a new one that Apple calls old shows a wrong clock.
    if (text === "ExpiredProviderToken" && tokens.renew()) {
      return { failure: { reason: "provider_down", registration: null, scope: "message" }, reason: text };
    }
    return { failure: apnsFailure(response.status, text), reason: text };
  }

  function failure(response: OutgoingResponse, to: Registration): MessageReport {
    const { failure: found } = read(response);
    const retryAfterMs = retryAfterMsOf(response.headers, clock.nowMs());
    if (found.scope === "recipient") devices.hit(registrationText(to), retryAfterMs);
    gate.result(pushGateResult(found, retryAfterMs, deniedDetail));
    return failed(found);
  }

  return {
    enter(registration) {
      const waitMs = devices.waitMs(registrationText(registration));
      return waitMs > 0 ? { open: false, why: "throttled", retryAfterMs: waitMs } : gate.enter();
    },
    leave: () => gate.leave(),
    async send(message, registration) {
      const notification = notificationOf(message);
      if (Buffer.byteLength(JSON.stringify(notification)) > maxBytes - 200) {
        gate.leave();
        return failed({ reason: "rejected", registration: null, scope: "message" });
      }
      try {
        const response = await post(notification, registration);
        if (response.status !== 200) return failure(response, registration);
        gate.result({ kind: "fine" });
        return { state: "sent", result: { registration: null } };
      } catch (error) {
        const { reason, gate: result } = withoutAnswer(error);
        gate.result(result);
        return failed({ reason, registration: null, scope: "down" });
      }
    },
    health: () => gate.health(),
    async examine() {
      try {
        const response = await post({ title: "-", body: "-", data: {}, ttlSeconds: 60 }, noDevice);
        const { failure: found, reason } = read(response);
        // There is no such device, so this answer means that everything else is right.
        if (response.status === 200 || found.reason === "invalid_recipient") return null;
        return `${found.scope === "denied" ? deniedDetail : `HTTP ${response.status}`} (${reason ?? "no reason given"})`;
      } catch (error) {
        return error instanceof Error ? error.message : "no answer";
      }
    },
    close: () => http.close(),
  };
}
