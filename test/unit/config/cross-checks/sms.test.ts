/** The section `sms`: what its entries name must exist. */
import { describe, expect, test } from "vitest";
import { testConfig } from "../../../support/test-config.ts";
import { cases } from "./cases.ts";

const bind = { host: "smsc.example", system_id: "onering", password: "s3cr3t-x" };
const least = () => ({
  routes: { acme: { smpp: { binds: { a: { ...bind } } } } as Record<string, unknown> } as Record<
    string,
    Record<string, unknown>
  >,
  prefixes: [{ prefix: "+", routes: ["acme"] }] as unknown[],
  senders: [] as unknown[],
});
const withSms = (change: (sms: ReturnType<typeof least>) => void) => (config: Record<string, unknown>) => {
  const sms = least();
  change(sms);
  config.sms = sms;
};

test("the least section gets its defaults: TLS on and verified, GSM 7-bit, receipts", () => {
  const { sms } = testConfig({ sms: least() });
  expect(sms?.routes.acme?.smpp).toMatchObject({
    receipts: true,
    receipt_ids: "auto",
    binds: { a: { tls: { enabled: true, verify: true }, alphabet: "gsm7", concatenation: "udh_8bit", window: 10 } },
  });
});

describe("the section", () => {
  cases([
    ["may be left out", (c) => void c],
    ["is valid with a route and a prefix", withSms(() => undefined)],
    [
      "has a route without a way to send",
      withSms((sms) => (sms.routes.acme = {})),
      /^sms\.routes\.acme: neither → exactly one of smpp and http/,
    ],
    [
      "has a route with two ways to send",
      withSms((sms) => {
        const http = { url: "https://sms.example/send", json: '{"to":"{to}","text":"{text}"}' };
        Object.assign(sms.routes.acme ?? {}, { http });
      }),
      /^sms\.routes\.acme: smpp and http → exactly one of smpp and http/,
    ],
    [
      "has an HTTP route that sends credentials in the clear",
      withSms((sms) => {
        const http = { url: "http://sms.example/send", json: '{"to":"{to}","text":"{text}"}' };
        sms.routes.acme = { http };
      }),
      /^sms\.routes\.acme\.http\.url: .* → an address that starts with https/,
    ],
    [
      "names a route that does not exist",
      withSms((sms) => (sms.prefixes = [{ prefix: "+", routes: ["acne"] }])),
      /^sms\.prefixes\[0\]\.routes\[0\]: "acne" → the name of one of sms\.routes.*acme/,
    ],
    [
      "has a prefix twice",
      withSms((sms) => sms.prefixes.push({ prefix: "+", routes: ["acme"] })),
      /^sms\.prefixes\[1\]\.prefix: \+ → each prefix once/,
    ],
    [
      "has a price twice",
      withSms((sms) => {
        Object.assign(sms.routes.acme ?? {}, {
          prices: [
            { prefix: "+4", price: 1 },
            { prefix: "+4", price: 2 },
          ],
        });
      }),
      /^sms\.routes\.acme\.prices\[1\]\.prefix: \+4 → each prefix once/,
    ],
    [
      "has a sender for a country that does not exist",
      withSms((sms) => sms.senders.push({ sender: "ACME", country: "UK" })),
      /^sms\.senders\[0\]\.country: UK → an ISO 3166 country code/,
    ],
    [
      "has a sender for an app that does not exist",
      withSms((sms) => sms.senders.push({ sender: "ACME", app: "shp" })),
      /^sms\.senders\[0\]\.app: "shp" → the name of one of apps.*shop/,
    ],
    [
      "has a sender that is none",
      withSms((sms) => sms.senders.push({ sender: "Much too long a name" })),
      /^sms\.senders\[0\]\.sender: .* → a number in E\.164 with the plus sign, a short code/,
    ],
    [
      "has a TLV for an app that does not exist",
      withSms((sms) => {
        const tlvs = [{ tag: "0x1400", value: "1101", app: "shp" }];
        sms.routes.acme = { smpp: { binds: { a: bind }, tlvs } };
      }),
      /^sms\.routes\.acme\.smpp\.tlvs\[0\]\.app: "shp"/,
    ],
    [
      "has a password that is a placeholder, which is not shown",
      withSms((sms) => (sms.routes.acme = { smpp: { binds: { a: { ...bind, password: "changeme" } } } })),
      /^sms\.routes\.acme\.smpp\.binds\.a\.password: \(hidden, a placeholder\)/,
    ],
  ]);
});
