/** The examples on the pages of channels that are reached over HTTP are configurations that load. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { resolveConfig } from "../../../src/config/load.ts";
import type { Config } from "../../../src/config/schema.ts";
import { readYaml } from "../../../src/typed-yaml/yaml-file.ts";
import { pushWithServices } from "../../support/push-services.ts";
import { leastConfig } from "../../support/test-config.ts";

type Document = Record<string, unknown>;

/** Blocks of YAML on a page. */
function examplesOf(page: string): readonly Document[] {
  const text = readFileSync(new URL(`../../../docs/${page}`, import.meta.url), "utf8");
  return [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = ""]) => readYaml(yaml, page).document as Document);
}

function load(own: Document, env: Readonly<Record<string, string>> = {}): Config {
  const apps = { shop: { api_keys_sha256: ["ab".repeat(32)] } };
  return resolveConfig({ name: "page", document: { ...leastConfig(), apps, ...own }, env });
}

it("WhatsApp", () => {
  const [example = {}] = examplesOf("channel-whatsapp.md");
  const secret = (letter: string) => `${letter}9f86d081884c7d659a2feaa0c55ad015`;
  const env = {
    ...{ WHATSAPP_ACCESS_TOKEN: secret("a"), WHATSAPP_APP_SECRET: secret("b"), WHATSAPP_VERIFY_TOKEN: secret("c") },
  };
  expect(load(example, env).whatsapp?.template.languages).toEqual(["en", "id", "pt_BR"]);
});

it("push", async () => {
  const { fcm, apns, webPush } = await pushWithServices();
  const [example] = examplesOf("channel-push.md") as unknown as readonly { push: { web_push: { shop: Document } } }[];
  if (example === undefined) throw new Error("no example");
  // The keys of the page are nobody's; all else is as it stands there.
  const account = { ...(JSON.parse(fcm.serviceAccount) as Document), token_uri: "https://oauth2.googleapis.com/token" };
  const env = {
    ...{ FCM_ACCOUNT: JSON.stringify(account), APNS_KEY: apns.account.private_key },
    VAPID_PRIVATE_KEY: webPush.vapid.private_key,
  };
  example.push.web_push.shop.public_key = webPush.vapid.public_key;
  expect(load(example as unknown as Document, env).push?.apns?.shop?.environment).toBe("production");
});

it("SMS over HTTP, and the other kinds of request", () => {
  const [example, kinds] = examplesOf("channel-sms-http.md") as unknown as readonly [
    { sms: { routes: { aggregator: { http: Document } } } },
    Document,
  ];
  const env = {
    AGGREGATOR_TOKEN: "t-9f86d081",
    AGGREGATOR_SIGNING_KEY: "k-884c7d659a",
    AGGREGATOR_PASSWORD: "p-2feaa0c5",
  };
  const prefixes = [{ prefix: "+", routes: ["aggregator"] }];
  const { http } = example.sms.routes.aggregator;
  const withHttp = (own: Document) =>
    load(
      { sms: { routes: { aggregator: { http: own } }, prefixes } },
      { ...env, AGGREGATOR_KEY: "y-c55ad015a3", KANNEL_PASSWORD: "z-bf4f1b2b0b" },
    );
  expect(withHttp(http).sms?.routes.aggregator?.http?.receipts?.signed).toBe("{timestamp}.{body}");
  const { basic, form, headers, method, query, success_value, success_values } = kinds;
  const { url } = http;
  expect(withHttp({ url, basic, form }).sms).toBeDefined();
  expect(withHttp({ ...http, headers }).sms).toBeDefined();
  expect(withHttp({ url, method, query, success_value, success_values }).sms).toBeDefined();
});
