/** The push channel before the sandbox's simulated services. */
import { onTestFinished } from "vitest";
import { push } from "../../src/channels/push/index.ts";
import { startApns } from "../../src/sandbox/providers/apns-server.ts";
import { startFcm } from "../../src/sandbox/providers/fcm-server.ts";
import { startWebPush } from "../../src/sandbox/providers/web-push-server.ts";
import { type Clock, systemClock } from "../../src/shared/clock.ts";
import { cryptoRandom } from "../../src/shared/random.ts";
import { testConfig } from "./test-config.ts";

export const fcmTo = `fcm:cX9${"a".repeat(30)}:APA91b${"B-_".repeat(30)}`;
export const apnsTo = `apns:${"0a1b2c3d".repeat(8)}`;

/** @param failureOf the service's name of the failure for a token or an endpoint's path */
export async function pushWithServices(
  options: { readonly failureOf?: (to: string) => string | null; readonly clock?: Clock; readonly own?: object } = {},
) {
  const { failureOf = () => null, clock = systemClock, own = {} } = options;
  const [fcm, apns, webPush] = await Promise.all([
    startFcm({ failureOf, nowMs: clock.nowMs }),
    startApns({ failureOf, nowMs: clock.nowMs }),
    startWebPush({ failureOf, nowMs: clock.nowMs }),
  ]);
  onTestFinished(async () => {
    await Promise.all([fcm.close(), apns.close(), webPush.close()]);
  });
  const { push: config } = testConfig({
    push: {
      fcm: { main: { service_account: fcm.serviceAccount, api_url: fcm.url } },
      apns: { main: { ...apns.account, api_url: apns.url } },
      web_push: { main: { ...webPush.vapid, subject: "mailto:operator@onering.example" } },
      ...{ private_services: [webPush.url], allow_private: true, request_timeout_ms: 1000, ...own },
    },
  });
  if (config === undefined) throw new Error("push is gone");
  const spec = push({ config, clock, random: cryptoRandom });
  onTestFinished(() => spec.provider.stop(0));
  return { spec, provider: spec.provider, config, fcm, apns, webPush };
}
