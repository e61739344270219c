import { describe } from "vitest";
import type { Change } from "../config-files.ts";
import { cases, hashes, pbx } from "./cases.ts";

describe("secrets", () => {
  const key =
    (hmac_key: string): Change =>
    (c) =>
      (c.secrets = { hmac_key });
  cases([
    ["one character all over", key("a".repeat(64)), /^secrets\.hmac_key: \(hidden, a placeholder\)/],
    ["a placeholder", key("change-me-change-me-change-me-change-me"), /^secrets\.hmac_key: \(hidden, a placeholder\)/],
    [
      "a word repeated",
      key("correcthorsebatterystaple".repeat(2)),
      /^secrets\.hmac_key: \(hidden, a pattern\) → random/,
    ],
    ["few characters", key("0101101011010001011010110100111001"), /^secrets\.hmac_key: \(hidden, a pattern\)/],
    ["random hex is fine", key("9f86d081884c7d659a2feaa0c55ad015")],
    [
      "a placeholder for Asterisk",
      (c) => (c.asterisks.pbx = { ...pbx, ari_password: "changeme", ami: { user: "u", password: "asterisk" } }),
      /^asterisks\.pbx\.ari_password: \(hidden, a placeholder\)/,
      /^asterisks\.pbx\.ami\.password: \(hidden, a placeholder\)/,
    ],
    [
      "one API key for two apps",
      (c) => (c.apps = { shop: hashes("a", "b"), bank: hashes("c", "b") }),
      /^apps\.bank\.api_keys_sha256\[1\]: \(hidden\) → .*the app shop has this one/,
    ],
    [
      "an app's API key for an operator",
      (c) => {
        c.apps = { shop: hashes("a", "b") };
        c.admin = hashes("c", "b");
      },
      /^admin\.api_keys_sha256\[1\]: \(hidden\) → .*the app shop has this one/,
    ],
  ]);
});
