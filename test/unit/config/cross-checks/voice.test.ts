import { describe } from "vitest";
import type { Change } from "../config-files.ts";
import { cases, pbx } from "./cases.ts";

const ami = { host: "127.0.0.1", port: "5038", user: "onering", password: "s3xY-pass" };
const with_ =
  (voice: Record<string, unknown>, more: Change = () => undefined): Change =>
  (c) => {
    c.voice = voice;
    more(c);
  };

describe("voice", () => {
  cases([
    ["needs no key of its own", with_({})],
    ["without a key to press", with_({ confirm_key: "null" })],
    [
      "with another key than the prompt says",
      with_({ confirm_key: "5" }),
      /^voice\.confirm_key: "5" → one of 1, null$/,
    ],
    [
      "over AMI alone",
      with_({}, (c) => (c.asterisks = { pbx: { driver: "asterisk-manager", ami } })),
      /^voice: .*asterisk-manager on every Asterisk → .*ari-websocket/,
    ],
    ["over AMI and ARI", with_({}, (c) => (c.asterisks = { pbx, other: { driver: "asterisk-manager", ami } }))],
    [
      "with calls that outlive their codes",
      with_({ ring_ms: "60000" }, (c) => (c.verification = { ttl_seconds: "120" })),
      /^verification\.ttl_seconds: 120 → more than the 140 seconds/,
    ],
    [
      "with the price of a trunk that is not there",
      with_({ prices: [{ prefix: "+", trunk: "carier", per_minute: "0.1" }] }),
      /^voice\.prices\[0\]\.trunk: "carier" → the name of one of trunks/,
    ],
  ]);
});
