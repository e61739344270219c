import { describe } from "vitest";
import { apiKeyHash } from "../../../../src/apps/api-keys.ts";
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
    ["a short key", key("9f86d081884c7d65"), /^secrets\.hmac_key: \(hidden, 16 characters\) → .*at least 32/],
    ["random hex is fine", key("9f86d081884c7d659a2feaa0c55ad015")],
    [
      "a placeholder for Asterisk",
      (c) => (c.asterisks.pbx = { ...pbx, ari_password: "changeme", ami: { user: "u", password: "asterisk" } }),
      /^asterisks\.pbx\.ari_password: \(hidden, a placeholder\)/,
      /^asterisks\.pbx\.ami\.password: \(hidden, a placeholder\)/,
    ],
    [
      "a placeholder for Redis",
      (c) => (c.redis = { url: "redis://:changeme@10.0.0.1:6379" }),
      /^redis\.url: \(hidden, its password is a placeholder\) → a password of your own/,
    ],
    [
      "a placeholder for PostgreSQL",
      (c) => (c.records = { url: "postgres://onering:changeme@db.example.net/onering" }),
      /^records\.url: \(hidden, its password is a placeholder\) → a password of your own, .*hex 32`\. If a carrier/,
    ],
    [
      "the hmac_key that is PostgreSQL's password too",
      (c) => (c.records = { url: `postgres://onering:${c.secrets.hmac_key}@10.0.0.1/onering` }),
      /^secrets\.hmac_key: \(hidden\) → a secret of its own: the password in records\.url is the same/,
    ],
    [
      "the hmac_key that is Redis' password too",
      (c) => (c.redis = { url: `redis://:${c.secrets.hmac_key}@10.0.0.1:6379` }),
      /^secrets\.hmac_key: \(hidden\) → a secret of its own: the password in redis\.url is the same/,
    ],
    [
      "the capture's password, sent in the clear, that is ARI's too",
      (c) => {
        c.asterisks.pbx = { ...pbx, ari_password: "kX2pQz7LmN4v" };
        c.sip_capture = { password: "kX2pQz7LmN4v" };
      },
      /^sip_capture\.password: \(hidden\) → a secret of its own: asterisks\.pbx\.ari_password is the same/,
    ],
    [
      "a key of codes that is a placeholder, short, or used twice",
      (c) => {
        const key = "9f86d081884c7d659a2feaa0c55ad015";
        c.secrets = { ...c.secrets, code_key: { current: key, previous: ["short"] } };
        c.secrets.sealing_key = { current: "change-me-change-me-change-me-change-me", previous: [key] };
      },
      /^secrets\.code_key\.previous\[0\]: \(hidden, 5 characters\) → .*at least 32/,
      /^secrets\.sealing_key\.current: \(hidden, a placeholder\)/,
      /^secrets\.code_key\.current: \(hidden\) → a secret of its own: secrets\.sealing_key\.previous\[0\] is the same/,
    ],
    [
      "keys of their own, one of them changed",
      (c) => {
        c.secrets.code_key = { current: "9f86d081884c7d659a2feaa0c55ad015" };
        c.secrets.sealing_key = {
          current: "0c55ad0159f86d081884c7d659a2feaa",
          previous: ["kX2pQz7LmN4v9f86d081884c7d659a2f"],
        };
      },
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

describe("API keys that anyone can try were accepted without a word", () => {
  const appKey =
    (key: string): Change =>
    (c) =>
      (c.apps = { shop: { api_keys_sha256: ["ab".repeat(32), apiKeyHash(key)] } });
  cases([
    [
      "the sandbox's",
      appKey("sandbox-key"),
      /^apps\.shop\.api_keys_sha256\[1\]: the hash of "sandbox-key" → the hash of a key that `onering key` made/,
    ],
    ["the empty one", appKey(""), /^apps\.shop\.api_keys_sha256\[1\]: the hash of an empty key/],
    ["the empty one, by echo", appKey("\n"), /^apps\.shop\.api_keys_sha256\[1\]: the hash of an empty key/],
    ["the sandbox's, by echo", appKey("sandbox-key\n"), /^apps\.shop\.api_keys_sha256\[1\]: the hash of "sandbox-key"/],
    [
      "an operator's",
      (c) => (c.admin = { api_keys_sha256: [apiKeyHash("sandbox-key")] }),
      /^admin\.api_keys_sha256\[0\]: the hash of "sandbox-key"/,
    ],
    [
      "the sandbox's operator key",
      (c) => (c.admin = { api_keys_sha256: [apiKeyHash("sandbox-operator-key")] }),
      /^admin\.api_keys_sha256\[0\]: the hash of "sandbox-operator-key"/,
    ],
  ]);
});
