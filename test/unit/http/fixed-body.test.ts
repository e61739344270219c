/** Recipients of a start by a start token: as the backend and the page write them. */
import { expect, it } from "vitest";
import { appIdentity } from "../../../src/apps/principal.ts";
import { fixedBody, narrowed } from "../../../src/http/verifications/fixed-body.ts";
import { createNumbers } from "../../../src/numbers/numbers.ts";
import { testConfig } from "../../support/test-config.ts";

const about = { ip: "192.0.2.7", numbers: createNumbers(testConfig().numbers) };
const grant = (body: object) => ({ body: { ...body }, channels: null, countries: null, keyId: null });
const merged = (fixed: object, page: { to: string; country?: string }) => fixedBody(grant(fixed), page, about);

it.each([
  [{ to: "+447400123456" }, { to: "+44 7400 123456" }],
  [{ to: "+447400123456" }, { to: "07400 123456", country: "GB" }],
  [{ to: "07400123456", country: "GB" }, { to: "+447400123456" }],
  [{ to: "grace@example.com" }, { to: "grace@example.com" }],
])("%j: the page may write %j, and the backend's spelling holds", (fixed, page) => {
  expect(merged(fixed, page)).toMatchObject(fixed);
});

it.each([
  [{ to: "+447400123456" }, { to: "+447400123457" }],
  [{ to: "+447400123456" }, { to: "07400123456", country: "DE" }],
  [{ to: "+447400123456" }, { to: "nonsense" }],
  [{ to: "grace@example.com" }, { to: "ada@example.com" }],
])("%j: not %j", (fixed, page) => {
  expect(() => merged(fixed, page)).toThrow(/start token names another/);
});

it.each([
  [{ to: "07400123456" }, { to: "07400123456", country: "IN" }],
  [
    { workflow: [{ channel: "missed_call" }, { channel: "sms", to: "07400123456" }] },
    { to: "+447400123457", country: "IN" },
  ],
])("%j: the page's country makes no other number of it: %j", (fixed, page) => {
  const about = { ip: "192.0.2.7", numbers: createNumbers({ ...testConfig().numbers, default_country: "GB" }) };
  expect(() => fixedBody(grant(fixed), page, about)).toThrow(/`country` cannot be given/);
  expect(fixedBody(grant(fixed), { ...page, country: "GB" }, about)).toMatchObject(fixed);
});

it("a client's address: IPv4 as a whole, IPv6 by its /64", () => {
  const at = (ip: string, from: string) => () =>
    fixedBody(grant({ client: { ip } }), { to: "+447400123456" }, { ...about, ip: from });
  for (const [ip, from] of [
    ["192.0.2.7", "192.0.2.7"],
    ["192.0.2.7", "::ffff:192.0.2.7"],
    ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"],
  ]) {
    expect(at(ip as string, from as string)).not.toThrow();
  }
  for (const [ip, from] of [
    ["192.0.2.7", "192.0.2.8"],
    ["2001:db8:1:2::1", "2001:db8:1:3::1"],
    ["192.0.2.7", "2001:db8::7"],
  ]) {
    expect(at(ip as string, from as string)).toThrow(/another client address/);
  }
});

it("countries narrow those of the app, and never add to them", () => {
  const of = (allowed: string[] | null, countries: string[] | null) =>
    narrowed(appIdentity("shop", { allowedCountries: allowed }), { ...grant({}), countries }).allowedCountries;
  expect(of(null, ["GB"])).toEqual(["GB"]);
  expect(of(["GB", "FR"], ["GB", "DE"])).toEqual(["GB"]);
  expect(of(["GB"], ["DE"])).toEqual([]);
  expect(of(["GB"], null)).toEqual(["GB"]);
});
