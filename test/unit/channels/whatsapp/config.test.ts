import { expect, it } from "vitest";
import { whatsApp } from "../../../../src/channels/whatsapp/index.ts";
import { systemClock } from "../../../../src/shared/clock.ts";
import { ConfigError } from "../../../../src/typed-yaml/errors.ts";
import { noJitter, phoneNumberId, whatsAppConfig, whatsAppSecrets } from "../../../support/http-providers.ts";

function problemsOf(own: Readonly<Record<string, unknown>>, url = "https://graph.facebook.com"): string {
  try {
    whatsAppConfig(url, own);
    return "";
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message;
  }
}

it("a complete section has defaults for the rest", () => {
  expect(whatsAppConfig("https://graph.facebook.com", { allow_private: false })).toMatchObject({
    api_version: "v25.0",
    prices: [],
    phone_numbers: { main: { prefixes: ["+"], messages_per_second: 80 } },
  });
});

it.each([
  ["the token over http", { allow_private: false }, "http://graph.facebook.com", "whatsapp.api_url"],
  [
    "one number twice",
    { phone_numbers: { a: { phone_number_id: phoneNumberId }, b: { phone_number_id: phoneNumberId } } },
    undefined,
    "phone_numbers.b.phone_number_id",
  ],
  [
    "a template for no app",
    { app_templates: { shpo: { name: "x", languages: ["en"] } } },
    undefined,
    "did you mean shop",
  ],
  ["a placeholder as secret", { app_secret: "change-me-change-me" }, undefined, "whatsapp.app_secret"],
  ["a locale in place of Meta's language", { template: { name: "x", languages: ["en-GB"] } }, undefined, "pt_BR"],
  ["a version without v", { api_version: "25" }, undefined, "v25.0"],
])("refused: %s", (_, own, url, expected) => {
  expect(problemsOf(own, url)).toContain(expected);
});

it("no error shows a secret", () => {
  const text = problemsOf({ ...whatsAppSecrets, access_token: "short", app_secret: "short", api_version: "?" });
  expect(text).toContain("hidden");
  expect(text).not.toContain("short");
});

it("without the section the channel is known and cannot be used", async () => {
  const { spec } = whatsApp({ config: undefined, clock: systemClock, random: noJitter });
  expect(spec).toMatchObject({ name: "whatsapp", enabled: false });
  expect(spec.provider.health()).toEqual({ up: false, detail: "not configured" });
  const order = { app: "shop", to: "+447911123456", country: "GB", text: "x", locale: "en" };
  await expect(spec.provider.reserve(order)).rejects.toMatchObject({ code: "channel_unavailable" });
});
