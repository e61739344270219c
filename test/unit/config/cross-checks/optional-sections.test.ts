/** Sections that may be left out, and what else they need. */
import { describe } from "vitest";
import { cases, pbx } from "./cases.ts";

const numbers = { numbers: ["+442079460001"] };

describe("the SIP capture", () => {
  cases([
    [
      "with addresses that are some",
      (c) => (c.sip_capture = { host: "::", allow_from: ["10.0.0.0/8", "fd00::/64", "::1"] }),
    ],
    [
      "with addresses that are none",
      (c) => (c.sip_capture = { host: "127.0.0", allow_from: ["10.0.0.1", "10.0.0.0/33", "1.2.3.4.5"] }),
      /^sip_capture\.host: "127\.0\.0" → an IP address/,
      /^sip_capture\.allow_from\[1\]: "10\.0\.0\.0\/33" → an IP address or a CIDR block/,
      /^sip_capture\.allow_from\[2\]: "1\.2\.3\.4\.5"/,
    ],
  ]);
});

describe("numbers to call in on", () => {
  const trusted = { asterisk: "pbx", endpoint: "carrier", ranges: ["block"], inbound: { trusted: "true" } };
  cases([
    [
      "with a trunk whose caller IDs are trusted",
      (c) => Object.assign(c, { trunks: { a: trusted }, call_in: numbers }),
    ],
    [
      "without one",
      (c) => Object.assign(c, { call_in: numbers, trunks: { a: { ...trusted, inbound: {} } } }),
      /^call_in\.numbers: .* → a trunk with `inbound: \{ trusted: true \}`/,
    ],
    [
      "that are caller IDs too",
      (c) => {
        c.trunks.a = trusted;
        c.ranges.list = { numbers: ["+442079460001", "+442079460003"], digits: 4 };
        c.call_in = { numbers: ["+442079460001", "+442079460002", "+44770091234"] };
      },
      /^call_in\.numbers\[0\]: \+442079460001 → .*ranges\.list has it/,
      /^call_in\.numbers\[2\]: \+44770091234 → .*ranges\.block has it/,
    ],
  ]);
});

describe("the canary", () => {
  const number = "+447700900999";
  cases([
    ["without a listener", (c) => (c.canary = { number }), /^canary: none → exactly one of inbound_trunk, sandbox_url/],
    [
      "with two listeners",
      (c) => {
        c.asterisks.pbx = { ...pbx, ami: { user: "onering", password: "s3xY-pass" } };
        c.canary = { number, inbound_trunk: "a", sandbox_url: "http://127.0.0.1:8080" };
      },
      /^canary: inbound_trunk and sandbox_url → exactly one/,
    ],
    [
      "on an unknown trunk",
      (c) => (c.canary = { number, inbound_trunk: "b" }),
      /^canary\.inbound_trunk: "b" → the name of one of trunks/,
    ],
    [
      "on a trunk that cannot be listened to",
      (c) => (c.canary = { number, inbound_trunk: "a" }),
      /^canary\.inbound_trunk: a, through pbx → a trunk of Asterisks with `ami`/,
    ],
  ]);
});
