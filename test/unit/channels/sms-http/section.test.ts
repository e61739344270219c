/** HTTP routes inside the section `sms`. */
import { expect, it } from "vitest";
import { ConfigError } from "../../../../src/typed-yaml/errors.ts";
import { testConfig } from "../../../support/test-config.ts";

const http = { url: "https://sms.test/send", json: '{"to":"{to}","text":"{text}"}', bearer: "s3cret-token" };
const load = (route: object) =>
  testConfig({ sms: { routes: { a: route }, prefixes: [{ prefix: "+", routes: ["a"] }] } });

it("a route may be an HTTP API", () => {
  expect(load({ http }).sms?.routes.a?.http).toMatchObject({ method: "POST", success_statuses: [200, 201, 202] });
});

it.each([
  ["over http", { http: { ...http, url: "http://sms.test/send" } }, "sms.routes.a.http.url"],
  ["without a text", { http: { ...http, json: '{"to":"{to}"}' } }, "{text}"],
  ["neither SMPP nor HTTP", {}, "exactly one of smpp and http"],
])("refused: %s", (_, route, expected) => {
  let message = "";
  try {
    load(route);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    message = error.message;
  }
  expect(message).toContain(expected);
  expect(message).not.toContain("s3cret");
});
