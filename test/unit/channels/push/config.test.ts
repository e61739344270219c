import { expect, it } from "vitest";
import { push } from "../../../../src/channels/push/index.ts";
import { systemClock } from "../../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import { ConfigError } from "../../../../src/typed-yaml/errors.ts";
import { pushWithServices } from "../../../support/push-services.ts";
import { testConfig } from "../../../support/test-config.ts";

function problemsOf(push: object): string {
  try {
    testConfig({ push });
    return "";
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message;
  }
}

it("keys that cannot be read, or that belong to something else, are named and not shown", async () => {
  const { fcm, apns, webPush } = await pushWithServices();
  const account = JSON.parse(fcm.serviceAccount) as Record<string, string>;
  const filled = "s3cret".repeat(30);
  const withAccount = (own: object) => ({
    fcm: { main: { service_account: JSON.stringify({ ...account, ...own }) } },
    allow_private: true,
  });
  const cases: readonly (readonly [object, string])[] = [
    [{}, "at least one of fcm, apns and web_push"],
    [{ fcm: { main: { service_account: filled } } }, "this is no JSON"],
    [withAccount({ type: "user" }), "`type` is service_account"],
    [withAccount({ private_key: apns.account.private_key }), "an RSA key in PEM"],
    [withAccount({ project_id: "../x" }), "project_id"],
    [{ fcm: { main: { service_account: fcm.serviceAccount } } }, "https://"],
    [{ apns: { main: { ...apns.account, private_key: filled } } }, "push.apns.main.private_key"],
    [{ apns: { main: { ...apns.account, private_key: account.private_key } } }, "P-256"],
    [{ apns: { main: { ...apns.account, api_url: "http://apple.test" } } }, "https://"],
    [
      {
        web_push: {
          main: {
            ...webPush.vapid,
            private_key: Buffer.alloc(32, 9).toString("base64url"),
            subject: "mailto:a@b.test",
          },
        },
      },
      "belongs to public_key",
    ],
    [{ web_push: { main: { ...webPush.vapid, subject: "operator" } } }, "mailto:"],
    [{ apns: { main: { ...apns.account, apps: ["shpo"] } } }, "did you mean shop"],
    [{ apns: { one: apns.account, two: apns.account } }, "apps"],
    [
      { apns: { one: { ...apns.account, apps: ["shop"] }, two: { ...apns.account, apps: ["shop"] } } },
      "an app that no other entry names",
    ],
    [{ apns: { main: apns.account }, web_push_services: ["https://evil.test"] }, "a host, or *. and a domain"],
  ];
  for (const [section, expected] of cases) {
    const text = problemsOf(section);
    expect(text).toContain(expected);
    expect(text).not.toMatch(/s3cret|BEGIN (RSA )?PRIVATE/);
  }
});

it("without the section the channel is known and cannot be used; no address is a push service", () => {
  const spec = push({ config: undefined, clock: systemClock, random: cryptoRandom });
  expect(spec).toMatchObject({ name: "push", enabled: false, costs: false });
  expect(spec.readRecipient?.('{"endpoint":"https://fcm.googleapis.com/x"}')).toHaveProperty("problem");
});
