/** No credential, code, text or recipient leaves a provider by a report, an error, a state of health or a finding. */
import { inspect } from "node:util";
import { expect, it } from "vitest";
import type { MessageProvider } from "../../../src/channels/messages/provider-port.ts";
import { examinePush } from "../../../src/channels/push/doctor.ts";
import { SmsHttp, type SmsHttpConfig } from "../../../src/channels/sms/http/config.ts";
import { examineSmsHttp } from "../../../src/channels/sms/http/doctor.ts";
import { createSmsHttpRoute } from "../../../src/channels/sms/http/route.ts";
import { examineWhatsApp } from "../../../src/channels/whatsapp/doctor.ts";
import { apnsFailureAnswers } from "../../../src/sandbox/providers/apns-server.ts";
import { fcmFailureAnswers } from "../../../src/sandbox/providers/fcm-server.ts";
import { smsHttpRouteConfig } from "../../../src/sandbox/providers/http-sms.ts";
import { metaFailures } from "../../../src/sandbox/providers/meta-server.ts";
import { smsHttpFailureAnswers, startSmsHttp } from "../../../src/sandbox/providers/sms-http-server.ts";
import { webPushFailureAnswers } from "../../../src/sandbox/providers/web-push-server.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { readValue } from "../../../src/typed-yaml/read.ts";
import { nodeOf } from "../../../src/typed-yaml/schema-node.ts";
import { noJitter, whatsAppSecrets, whatsAppWithMeta } from "../../support/http-providers.ts";
import { deliver, outgoingMessage, secretCode } from "../../support/outgoing-message.ts";
import { apnsTo, fcmTo, pushWithServices } from "../../support/push-services.ts";

const others = ["no_answer", "lost_answer"];

/** All that a delivery leaves behind, its errors with stack and properties. */
async function tracesOf(provider: MessageProvider, to: string): Promise<string> {
  const outcome: unknown = await deliver(provider, outgoingMessage(to)).catch((error: unknown) => error);
  const { receiptId: _, ...shown } = (outcome ?? {}) as { readonly receiptId?: unknown };
  const error = outcome instanceof Error ? outcome : null;
  return inspect([error ?? shown, error?.stack, provider.health()], { depth: 8, showHidden: true });
}

function expectNone(traces: readonly string[], secrets: readonly string[]): void {
  expect(traces.join("").length).toBeGreaterThan(100);
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(7);
    expect(traces.join("\n")).not.toContain(secret);
  }
}

it("WhatsApp", async () => {
  const to = "+447911123456";
  const failing: { named: string | null } = { named: null };
  const { meta, provider, config } = await whatsAppWithMeta({
    failureOf: () => failing.named,
    own: { request_timeout_ms: 1000, business_account_id: "123456" },
  });
  const traces: string[] = [];
  for (const named of [null, ...Object.keys(metaFailures), ...others]) {
    failing.named = named;
    traces.push(await tracesOf(provider, to));
  }
  traces.push(inspect(await examineWhatsApp(config, systemClock)));
  await meta.close();
  traces.push(await tracesOf(provider, "+447911123458"), inspect(await examineWhatsApp(config, systemClock)));
  expectNone(traces, [...Object.values(whatsAppSecrets), secretCode, to, "447911123458"]);
});

it("push", async () => {
  const failing: { named: string | null } = { named: null };
  const { provider, config, fcm, apns, webPush } = await pushWithServices({ failureOf: () => failing.named });
  const browser = webPush.subscribe();
  const traces: string[] = [];
  const names = [fcmFailureAnswers, apnsFailureAnswers, webPushFailureAnswers].flatMap(Object.keys);
  for (const named of [null, ...names, ...others]) {
    failing.named = named;
    for (const to of [fcmTo, apnsTo, browser]) traces.push(await tracesOf(provider, to));
  }
  traces.push(inspect(await examinePush(config, { clock: systemClock, random: cryptoRandom })));
  await Promise.all([fcm.close(), apns.close(), webPush.close()]);
  for (const to of [fcmTo, apnsTo, browser]) traces.push(await tracesOf(provider, to));
  traces.push(inspect(await examinePush(config, { clock: systemClock, random: cryptoRandom })));
  const { keys, endpoint } = JSON.parse(browser) as { keys: { p256dh: string; auth: string }; endpoint: string };
  expect(traces.join("")).not.toContain("ya29.");
  expectNone(traces, [
    ...[secretCode, fcmTo.slice(5), apnsTo.slice(5), keys.p256dh, keys.auth, new URL(endpoint).pathname],
    ...[webPush.vapid.private_key, ...apns.providerTokens, "PRIVATE KEY"],
    ...((apns.account.private_key.split("\n")[1] ?? "").match(/.{20}/g) ?? []),
  ]);
});

it("an SMS route over HTTP", async () => {
  const [token, signingKey] = ["aggregator-token-1b2c3d", "signing-key-9f8e7d6c"];
  const failing: { named: string | null } = { named: null };
  const service = await startSmsHttp({ token, signingKey, failureOf: () => failing.named });
  const document = {
    ...smsHttpRouteConfig({ url: service.url, token, signingKey }),
    ...{ request_timeout_ms: 500, query: { key: "query-secret-77" } },
  };
  const config = readValue(nodeOf(SmsHttp), document, [], () => undefined) as SmsHttpConfig;
  const route = createSmsHttpRoute({ name: "a", config, segmentsOf: () => 1, clock: systemClock, random: noJitter });
  const traces: string[] = [];
  const message = { ...outgoingMessage("+447911123456"), sender: null, validityMs: 60_000 };
  const once = async () => {
    const place = await route.reserve(message);
    const answer = "none" in place ? place : await place.submit(message);
    const { receiptId: _, ...shown } = answer as { readonly receiptId?: unknown };
    traces.push(inspect([shown, route.health()], { depth: 8 }));
  };
  for (const named of [null, ...Object.keys(smsHttpFailureAnswers), ...others]) {
    failing.named = named;
    await once();
  }
  await service.close();
  await once();
  traces.push(inspect(await examineSmsHttp("a", config, systemClock)));
  await route.stop(0);
  expectNone(traces, [token, signingKey, secretCode, "447911123456", "query-secret-77"]);
});
