/** Web Push: RFC 8030, encrypted as in RFC 8291, to the push service of the person's browser. */
import { createHash } from "node:crypto";
import { OutgoingHttpError } from "../../../outgoing-http/failure.ts";
import { createGate, type Gate } from "../../../outgoing-http/gate.ts";
import { type OutgoingHttp, retryAfterMsOf } from "../../../outgoing-http/request.ts";
import type { Clock } from "../../../shared/clock.ts";
import type { Random } from "../../../shared/random.ts";
import { withoutAnswer } from "../../messages/over-http.ts";
import { createRecipientLimit } from "../../messages/recipient-limit.ts";
import type { WebPushConfig } from "../config.ts";
import { notificationOf } from "../notification.ts";
import type { Registration } from "../registration.ts";
import { failed, type PushService, pushGateResult } from "../service.ts";
import { encryptForBrowser, maxPlainBytes } from "./encrypt.ts";
import { notAnEndpoint, webPushFailure } from "./failures.ts";
import { createVapid, vapidKeys } from "./vapid.ts";

/** Of each gateway process to one host of a push service. They publish none; a code a second is far below what they see. */
const perSecond = 100;
const browserBackoff = { firstMs: 5000, longestMs: 300_000 };
/**
 * A service does not say whether one browser or we have sent too many: its host gets a pause too, as long as it said, but a
 * short one, because one person's endpoint must not hold up the others.
 */
const hostPause = { standardMs: 1000, longestMs: 3000 };
/** Hosts with a gate of their own: Edge's service has many names. The one that was not used for longest is forgotten. */
const maxHosts = 200;

/** @param options.http to public addresses; @param options.privateHttp to `private_services` */
export function createWebPush(options: {
  readonly config: WebPushConfig;
  readonly http: OutgoingHttp;
  readonly privateHttp: OutgoingHttp;
  readonly privateOrigins: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
}): PushService {
  const { config, clock, random } = options;
  const keys = vapidKeys(config.public_key, config.private_key);
  if (keys === null) throw new Error("push.web_push: public_key and private_key are no pair");
  const vapid = createVapid(keys, config.subject, clock);
  const privateOrigins = new Set(options.privateOrigins.map((origin) => new URL(origin).origin));
  const gates = new Map<string, Gate>();
  // People bring the endpoints: what the service says of one must not hold up the others.
  const browsers = createRecipientLimit(clock, random, browserBackoff);

  function gateOf(host: string): Gate {
    const gate = gates.get(host) ?? createGate({ clock, random, perSecond });
    gates.delete(host);
    gates.set(host, gate);
    const [oldest] = gates.keys();
    if (gates.size > maxHosts && oldest !== undefined) gates.delete(oldest);
    return gate;
  }

  return {
    enter(registration) {
      const waitMs = registration.service === "web_push" ? browsers.waitMs(registration.endpoint.href) : 0;
      return waitMs > 0
        ? { open: false, why: "throttled", retryAfterMs: waitMs }
        : gateOf(hostOf(registration)).enter();
    },
    leave: (registration) => gateOf(hostOf(registration)).leave(),
    async send(message, registration) {
      const gate = gateOf(hostOf(registration));
      const { ttlSeconds, ...notification } = notificationOf(message);
      const plain = Buffer.from(JSON.stringify(notification));
      if (registration.service !== "web_push" || plain.length > maxPlainBytes) {
        gate.leave();
        return failed({ reason: "rejected", registration: null, scope: "message" });
      }
      const { endpoint } = registration;
      const http = privateOrigins.has(endpoint.origin) ? options.privateHttp : options.http;
      try {
        const response = await http.request({
          method: "POST",
          url: endpoint,
          headers: {
            authorization: vapid.authorization(endpoint.origin),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            ttl: String(ttlSeconds),
            urgency: "high",
            topic: topicOf(message.deliveryId),
          },
          body: encryptForBrowser(plain, registration, random),
        });
        // 201 by the RFC; services also say 200 and 202.
        if (response.status >= 200 && response.status < 300) {
          gate.result({ kind: "fine" });
          return { state: "sent", result: { registration: null } };
        }
        const failure = webPushFailure(response.status);
        const retryAfterMs = retryAfterMsOf(response.headers, clock.nowMs());
        if (failure.scope === "recipient") {
          browsers.hit(endpoint.href, retryAfterMs);
          const pauseMs = Math.min(retryAfterMs || hostPause.standardMs, hostPause.longestMs);
          gate.result({ kind: "throttled", retryAfterMs: pauseMs });
        } else gate.result(pushGateResult(failure, retryAfterMs, "refused"));
        return failed(failure);
      } catch (error) {
        if (error instanceof OutgoingHttpError && error.kind === "redirected") {
          gate.result({ kind: "fine" });
          return failed(notAnEndpoint);
        }
        const { reason, gate: result } = withoutAnswer(error);
        gate.result(result);
        return failed({ reason, registration: null, scope: "down" });
      }
    },
    // People bring the hosts, also ones that do not exist: those that are down say nothing of others, and refuse by their gate.
    health() {
      const down = [...gates].filter(([, gate]) => !gate.health().up).map(([host]) => host);
      return { up: true, detail: down.length === 0 ? "ok" : `down: ${down.slice(0, 5).join(", ")}` };
    },
    // Push services accept a VAPID key by its subscriptions alone; the pair was checked above.
    examine: async () => null,
    close() {
      options.http.close();
      options.privateHttp.close();
    },
  };
}

const hostOf = (registration: Registration) => (registration.service === "web_push" ? registration.endpoint.host : "");

/** A second try of one delivery replaces the first one while the device is away (RFC 8030 §5.4: 32 characters). */
const topicOf = (deliveryId: string) => createHash("sha256").update(deliveryId).digest("base64url").slice(0, 32);
