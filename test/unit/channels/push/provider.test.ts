/** The provider before simulated services: what a device gets, what each failure leads to, and credentials over time. */
import { describe, expect, it } from "vitest";
import { examinePush } from "../../../../src/channels/push/doctor.ts";
import { systemClock } from "../../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import { Refusal } from "../../../../src/shared/refusal.ts";
import { manualClock } from "../../../support/manual-clock.ts";
import { deliver, outgoingMessage, secretCode } from "../../../support/outgoing-message.ts";
import { apnsTo, fcmTo, pushWithServices } from "../../../support/push-services.ts";

async function refusalOf(work: Promise<unknown>): Promise<{ code: string; retryAfterMs: number | null } | null> {
  const error = await work.then(
    () => null,
    (caught: unknown) => caught,
  );
  return error instanceof Refusal ? { code: error.code, retryAfterMs: error.retryAfterMs } : null;
}

describe("a notification", () => {
  it("reaches Android, iOS and a browser with the channel's text", async () => {
    const { provider, fcm, apns, webPush } = await pushWithServices({ own: { price: 0.001 } });
    const browser = webPush.subscribe();
    for (const [to, service] of [
      [fcmTo, "fcm"],
      [apnsTo, "apns"],
      [browser, "web_push"],
    ] as const) {
      expect(await deliver(provider, outgoingMessage(to))).toEqual({
        report: { state: "sent", result: { registration: null } },
        receiptId: null,
        details: { service, registration: null },
        cost: 0.001,
      });
    }
    const text = `${secretCode} is your code`;
    expect(fcm.messages).toMatchObject([{ to: fcmTo, text }]);
    expect(apns.messages).toMatchObject([{ to: apnsTo, text }]);
    expect(webPush.messages).toMatchObject([{ to: browser, text }]);
  });

  it("of a browser says how long it is of use, and replaces the first try of the same delivery", async () => {
    const { provider, webPush } = await pushWithServices();
    const to = webPush.subscribe();
    for (const deliveryId of ["a", "a", "b"]) await deliver(provider, outgoingMessage(to, { deliveryId, minutes: 3 }));
    const topics = webPush.headers.map(({ topic }) => topic);
    expect(topics[0]).toBe(topics[1]);
    expect(topics[0]).not.toBe(topics[2]);
    expect(topics[0]).toMatch(/^[A-Za-z0-9_-]{32}$/);
    expect(webPush.headers[0]).toMatchObject({ ttl: "180", urgency: "high" });
  });

  it("goes by the entry of its app, else by the one for all", async () => {
    const { provider, fcm } = await pushWithServices();
    const service = { service_account: fcm.serviceAccount, api_url: fcm.url };
    const own = await pushWithServices({ own: { fcm: { shop: { ...service, apps: ["shop"] } } } });
    expect((await deliver(own.provider, outgoingMessage(fcmTo))).report.state).toBe("sent");
    expect(await refusalOf(deliver(own.provider, outgoingMessage(fcmTo, { app: "bank" })))).toMatchObject({
      code: "invalid_request",
    });
    expect((await deliver(provider, outgoingMessage(fcmTo, { app: "bank" }))).report.state).toBe("sent");
  });

  it("to what is no registration is refused, without a word of it", async () => {
    const { provider } = await pushWithServices();
    const error: unknown = await deliver(provider, outgoingMessage("fcm:s3cret")).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "invalid_request" });
    expect(String(error)).not.toContain("s3cret");
  });
});

/** The delivery's reason and registration; then the refusal of the next reservation for another device of that service. */
describe("each failure", () => {
  const wait = (retryAfterMs: number) => ({ code: "capacity", retryAfterMs });
  const down = (retryAfterMs: number) => ({ code: "channel_unavailable", retryAfterMs });
  const otherFcm = fcmTo.replace("cX9", "cX8");
  const otherApns = apnsTo.replace("0a1b", "0a1c");

  it.each([
    ["unregistered", fcmTo, otherFcm, "invalid_recipient", "gone", null],
    ["invalid_token", fcmTo, otherFcm, "invalid_recipient", "invalid", null],
    ["other_project", fcmTo, otherFcm, "invalid_recipient", "invalid", null],
    ["quota", fcmTo, otherFcm, "throttled", null, wait(30_000)],
    ["device_quota", fcmTo, otherFcm, "throttled", null, null],
    ["unavailable", fcmTo, otherFcm, "provider_down", null, null],
    ["internal", fcmTo, otherFcm, "provider_down", null, null],
    ["no_apns_key", fcmTo, otherFcm, "rejected", null, null],
    ["unregistered", apnsTo, otherApns, "invalid_recipient", "gone", null],
    ["bad_device_token", apnsTo, otherApns, "invalid_recipient", "invalid", null],
    ["other_app", apnsTo, otherApns, "invalid_recipient", "invalid", null],
    ["too_many_requests", apnsTo, otherApns, "throttled", null, null],
    ["invalid_provider_token", apnsTo, otherApns, "rejected", null, down(30_000)],
    ["shutdown", apnsTo, otherApns, "provider_down", null, null],
  ])("%s (case %$)", async (named, to, other, reason, registration, next) => {
    const clock = manualClock();
    const { provider } = await pushWithServices({ clock, failureOf: (token) => (to.endsWith(token) ? named : null) });
    const { report } = await deliver(provider, outgoingMessage(to));
    expect(report).toEqual({ state: "failed", reason, result: { registration } });
    const { app, country, text, locale } = outgoingMessage(other);
    expect(await refusalOf(provider.reserve({ app, to: other, country, text, locale }))).toEqual(next);
  });

  it.each([
    ["gone", "invalid_recipient", "gone", null],
    ["not_found", "invalid_recipient", "gone", null],
    // The browser for as long as Retry-After says, here 15 s; others of that service for a moment.
    ["throttled", "throttled", null, wait(3000)],
    ["redirected", "invalid_recipient", "invalid", null],
    ["other_key", "rejected", null, null],
    ["too_large", "rejected", null, null],
    ["unavailable", "provider_down", null, null],
  ])("%s (a browser): %s", async (named, reason, registration, next) => {
    const clock = manualClock();
    let failing = "";
    const { provider, webPush } = await pushWithServices({
      clock,
      failureOf: (path) => (failing.includes(path) ? named : null),
    });
    failing = webPush.subscribe();
    expect((await deliver(provider, outgoingMessage(failing))).report).toEqual({
      state: "failed",
      reason,
      result: { registration },
    });
    const { app, country, text, locale } = outgoingMessage("");
    expect(await refusalOf(provider.reserve({ app, to: webPush.subscribe(), country, text, locale }))).toEqual(next);
  });

  it("too many to one browser holds up others of its push service for 3 s at most, and other push services not at all", async () => {
    const clock = manualClock();
    let failing = "";
    const { provider, webPush } = await pushWithServices({
      clock,
      failureOf: (path) => (failing.includes(path) ? "throttled" : null),
    });
    failing = webPush.subscribe();
    await deliver(provider, outgoingMessage(failing));
    expect(await refusalOf(deliver(provider, outgoingMessage(failing)))).toEqual(wait(15_000));
    const other = webPush.subscribe();
    expect(await refusalOf(deliver(provider, outgoingMessage(other)))).toEqual(wait(3000));
    expect((await deliver(provider, outgoingMessage(fcmTo))).report.state).toBe("sent");
    clock.pass(3000);
    expect((await deliver(provider, outgoingMessage(other))).report.state).toBe("sent");
    expect(await refusalOf(deliver(provider, outgoingMessage(failing)))).toEqual(wait(12_000));
    clock.pass(12_000);
    expect((await deliver(provider, outgoingMessage(failing))).report).toMatchObject({ reason: "throttled" });
  });

  it.each([
    ["Apple", apnsTo, otherApns, "too_many_requests"],
    ["Google", fcmTo, otherFcm, "device_quota"],
  ])("too many to one device holds up that one alone, as long as %s says", async (_, to, other, named) => {
    const clock = manualClock();
    const { provider } = await pushWithServices({ clock, failureOf: (token) => (to.endsWith(token) ? named : null) });
    await deliver(provider, outgoingMessage(to));
    expect(await refusalOf(deliver(provider, outgoingMessage(to)))).toEqual(wait(20_000));
    expect((await deliver(provider, outgoingMessage(other))).report.state).toBe("sent");
    clock.pass(20_000);
    expect((await deliver(provider, outgoingMessage(to))).report).toMatchObject({ reason: "throttled" });
  });

  it.each([
    ["FCM", fcmTo],
    ["APNs", apnsTo],
  ])("%s: an answer that is lost, or does not come: it may have been sent", async (_, to) => {
    const failing = { named: "lost_answer" };
    const { provider } = await pushWithServices({ failureOf: () => failing.named });
    expect((await deliver(provider, outgoingMessage(to))).report).toMatchObject({ reason: "unknown_result" });
    failing.named = "no_answer";
    expect((await deliver(provider, outgoingMessage(to))).report).toMatchObject({ reason: "unknown_result" });
  });

  it("a service that is down is told apart from those that work", async () => {
    const { provider, apns } = await pushWithServices();
    await apns.close();
    for (let count = 0; count < 3; count++) {
      expect((await deliver(provider, outgoingMessage(apnsTo))).report).toMatchObject({ reason: "provider_down" });
    }
    expect(await refusalOf(deliver(provider, outgoingMessage(apnsTo)))).toMatchObject({ code: "channel_unavailable" });
    expect((await deliver(provider, outgoingMessage(fcmTo))).report.state).toBe("sent");
    expect(provider.health()).toMatchObject({
      up: true,
      detail: expect.stringContaining("apns.main: 3 requests in a row failed"),
    });
  });
});

describe("Google's access tokens", () => {
  it("one is fetched for many messages, and another before it ends", async () => {
    const clock = manualClock();
    const { provider, fcm } = await pushWithServices({ clock });
    await Promise.all(Array.from({ length: 5 }, () => deliver(provider, outgoingMessage(fcmTo))));
    expect(fcm.tokensIssued).toBe(1);
    clock.pass((3599 - 300) * 1000);
    await deliver(provider, outgoingMessage(fcmTo));
    expect(fcm.tokensIssued).toBe(2);
  });

  it("one that ended early fails a message, and the next one fetches another", async () => {
    const { provider, fcm } = await pushWithServices();
    await deliver(provider, outgoingMessage(fcmTo));
    fcm.endTokens();
    expect((await deliver(provider, outgoingMessage(fcmTo))).report).toMatchObject({ reason: "provider_down" });
    expect((await deliver(provider, outgoingMessage(fcmTo))).report.state).toBe("sent");
  });

  it("one is kept when Google has no key for APNs (401 THIRD_PARTY_AUTH_ERROR), which is not about it", async () => {
    const iosTo = fcmTo.replace("cX9", "cX8");
    const { provider, fcm } = await pushWithServices({
      failureOf: (token) => (iosTo.endsWith(token) ? "no_apns_key" : null),
    });
    expect((await deliver(provider, outgoingMessage(fcmTo))).report.state).toBe("sent");
    expect((await deliver(provider, outgoingMessage(iosTo))).report).toMatchObject({ reason: "rejected" });
    expect((await deliver(provider, outgoingMessage(fcmTo))).report.state).toBe("sent");
    expect(fcm.tokensIssued).toBe(1);
  });

  it("a key that was revoked takes the service down, and health says so", async () => {
    const { provider, fcm } = await pushWithServices();
    fcm.endTokens({ revoked: true });
    expect((await deliver(provider, outgoingMessage(fcmTo))).report).toMatchObject({ reason: "rejected" });
    expect(await refusalOf(deliver(provider, outgoingMessage(fcmTo)))).toMatchObject({ code: "channel_unavailable" });
    expect(provider.health().detail).toContain("Google refuses the service account");
  });
});

describe("Apple's provider tokens", () => {
  it("one is used for 40 minutes, on one connection", async () => {
    const clock = manualClock();
    const { provider, apns } = await pushWithServices({ clock });
    for (let count = 0; count < 3; count++) await deliver(provider, outgoingMessage(apnsTo));
    expect(apns.providerTokens).toHaveLength(1);
    clock.pass(39 * 60_000);
    await deliver(provider, outgoingMessage(apnsTo));
    expect(apns.providerTokens).toHaveLength(1);
    clock.pass(60_000);
    await deliver(provider, outgoingMessage(apnsTo));
    expect(apns.providerTokens).toHaveLength(2);
  });

  it("an old one that Apple calls expired is made anew; a new one shows a wrong clock", async () => {
    const clock = manualClock();
    const failing: { named: string | null } = { named: null };
    const { provider, apns } = await pushWithServices({ clock, failureOf: () => failing.named });
    await deliver(provider, outgoingMessage(apnsTo));
    clock.pass(21 * 60_000);
    failing.named = "expired_provider_token";
    expect((await deliver(provider, outgoingMessage(apnsTo))).report).toMatchObject({ reason: "provider_down" });
    expect((await deliver(provider, outgoingMessage(apnsTo))).report).toMatchObject({ reason: "rejected" });
    expect(apns.providerTokens).toHaveLength(2);
    expect(provider.health().detail).toContain("clock is wrong");
  });

  it("GOAWAY moves to another connection, and no message is lost", async () => {
    const { provider, apns } = await pushWithServices();
    await deliver(provider, outgoingMessage(apnsTo));
    apns.goAway();
    await expect.poll(async () => (await deliver(provider, outgoingMessage(apnsTo))).report.state).toBe("sent");
    await expect.poll(() => apns.connections).toBe(2);
  });
});

describe("doctor", () => {
  it("asks each service whether it accepts the credentials, and sends nothing", async () => {
    const { config, fcm, apns } = await pushWithServices();
    const parts = { clock: systemClock, random: cryptoRandom };
    expect((await examinePush(config, parts)).map(({ level }) => level)).toEqual(["ok", "ok", "ok"]);
    expect([...fcm.messages, ...apns.messages]).toEqual([]);
    fcm.endTokens({ revoked: true });
    await apns.close();
    const findings = await examinePush(config, parts);
    expect(findings.map(({ level }) => level)).toEqual(["fail", "fail", "ok"]);
    expect(findings[0]?.what).toContain("Google refuses the service account");
    expect(findings[1]?.what).toContain("no connection");
  });
});
