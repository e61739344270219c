/** Names of channels must be those of channels that this configuration has. */
import pino from "pino";
import { describe, expect, test } from "vitest";
import { buildApp } from "../../../../src/app.ts";
import { configuredChannels } from "../../../../src/config/channels.ts";
import { resolveConfig } from "../../../../src/config/load.ts";
import { pushWithServices } from "../../../support/push-services.ts";
import { leastConfig } from "../../../support/test-config.ts";
import { problemsAfter } from "../config-files.ts";
import { cases, hashes } from "./cases.ts";

const expected = "a channel that is configured on this gateway: missed_call";

describe("channels that are named", () => {
  cases([
    [
      "in the gateway's workflow",
      (c) => (c.verification = { workflow: [{ channel: "missed_call" }, { channel: "sms" }] }),
      new RegExp(`^verification\\.workflow\\[1\\]\\.channel: "sms" → ${expected}$`),
    ],
    [
      "by country and prefix, one of them mistyped",
      (c) => (c.verification = { first_channel: { GB: "missed_cal", "+49": "voice" } }),
      new RegExp(`^verification\\.first_channel\\.GB: "missed_cal" → ${expected} \\(did you mean missed_call\\?\\)`),
      new RegExp(`^verification\\.first_channel\\.\\+49: "voice" → ${expected}$`),
    ],
    [
      "in channel_caps, mistyped: that cap would limit nothing",
      (c) => (c.verification = { channel_caps: { missed_cal: 2 } }),
      new RegExp(
        `^verification\\.channel_caps\\.missed_cal: "missed_cal" → ${expected} \\(did you mean missed_call\\?\\)`,
      ),
    ],
    [
      "in an app's workflow and its channels",
      (c) =>
        (c.apps = {
          shop: { ...hashes("a"), workflow: [{ channel: "whatsapp" }], channels: ["missed_call", "email"] },
        }),
      /^apps\.shop\.workflow\[0\]\.channel: "whatsapp" → a channel/,
      /^apps\.shop\.channels\[1\]: "email" → a channel/,
    ],
  ]);

  test("a channel whose section has an error is not reported a second time", () => {
    const problems = problemsAfter((c) => {
      c.verification = { workflow: [{ channel: "sms" }] };
      c.sms = { routes: 7 };
    });
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.filter((problem) => problem.startsWith("verification"))).toEqual([]);
  });
});

/** Every optional section, as little of each as is valid. */
async function allChannels() {
  const { fcm } = await pushWithServices();
  const secret = (letter: string) => `${letter}9f86d081884c7d659a2feaa0c55ad015`;
  return {
    voice: {},
    call_in: { numbers: ["+442071838750"] },
    trunks: { a: { asterisk: "pbx", endpoint: "carrier", ranges: ["block"], inbound: { trusted: true } } },
    sms: {
      routes: { acme: { smpp: { binds: { a: { host: "127.0.0.1", system_id: "onering", password: "s3cr3t-x" } } } } },
      prefixes: [{ prefix: "+", routes: ["acme"] }],
    },
    whatsapp: {
      phone_numbers: { main: { phone_number_id: "106540352242922" } },
      ...{ access_token: secret("a"), app_secret: secret("b"), verify_token: secret("c") },
      ...{ business_account_id: "102290129340398", template: { name: "code", languages: ["en"] } },
    },
    email: { from: "verify@example.com", servers: [{ name: "main", host: "127.0.0.1" }] },
    push: { fcm: { shop: { service_account: fcm.serviceAccount } }, allow_private: true },
  };
}

test.each([
  ["the least", async () => ({})],
  ["every section", allChannels],
])("the channels are those that a gateway with this configuration has, in its order: %s", async (_, sections) => {
  const quick = { http: { shutdown_linger_ms: 0 }, calls: { drain_ms: 0 } };
  const document = { ...leastConfig(), ...quick, ...(await sections()) };
  const config = resolveConfig({ name: "test", document, env: {} });
  const app = await buildApp(config, { logger: pino({ level: "silent" }) });
  const { channels } = app;
  await app.stop();
  expect(configuredChannels(config)).toEqual(channels);
});
