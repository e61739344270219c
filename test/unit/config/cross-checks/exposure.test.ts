/** Settings that open a gateway or its Redis to strangers. */
import { describe, expect, test } from "vitest";
import { configWarnings } from "../../../../src/config/warnings.ts";
import { testConfig } from "../../../support/test-config.ts";
import { type Change, problemsAfter } from "../config-files.ts";
import { cases } from "./cases.ts";

const proxies =
  (...trust_proxy: string[]): Change =>
  (c) =>
    (c.http = { trust_proxy });

describe("a trust_proxy of the whole Internet was accepted without a word", () => {
  test.each([
    "0.0.0.0/0",
    "::/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "10.0.0.0/7",
    "2000::/3",
    "::/1",
    "::ffff:0.0.0.0/96",
    "::ffff:0:0/97",
    "0:0:0:0:0:ffff::/96",
  ])("%s", (block) => {
    expect(problemsAfter(proxies("10.0.0.1", block))).toEqual([
      expect.stringMatching(/^http\.trust_proxy\[1\]: ".*" → the addresses of your own proxies, at most a \/8 of IPv4/),
    ]);
  });
  test.each(["0.0.0.0/0.0.0.0", "255.255.255.0/0", "proxy.internal", "10.0.0.0/33", "fd00::/129", "10.0.0.0/8/8", ""])(
    "%s",
    (text) => expect(problemsAfter(proxies(text))).toHaveLength(1),
  );
  cases([
    ["own proxies are fine", proxies("10.0.0.0/8", "127.0.0.1", "::1", "fc00::/7", "::ffff:10.0.0.1", "172.16.0.0/12")],
    ["names of private blocks are fine", proxies("loopback", "linklocal", "uniquelocal")],
    [
      "the SIP capture's allow_from is of the same kind",
      (c) => (c.sip_capture = { allow_from: ["10.0.0.0/8", "0.0.0.0/0", "::/0"] }),
      /^sip_capture\.allow_from\[1\]: "0\.0\.0\.0\/0" → the addresses of your own Asterisk servers/,
      /^sip_capture\.allow_from\[2\]: "::\/0" → the addresses of your own Asterisk servers/,
    ],
  ]);
});

const redis =
  (section: Record<string, unknown>): Change =>
  (c) =>
    (c.redis = section);
const nodes = ["127.0.0.1:6379", "10.0.0.2:6379"];

describe("a Redis without a password on another host was accepted without a word", () => {
  cases([
    [
      "by address",
      redis({ url: "redis://10.0.0.1:6379" }),
      /^redis\.url: no password for 10\.0\.0\.1 → a password \(redis:\/\/:password@host:port\), or redis\.allow_no_password: true/,
    ],
    [
      "a password in the wrong place",
      redis({ url: "redis://redis:6379/pass" }),
      /^redis\.url: no password for redis →/,
    ],
    ["by name, TLS", redis({ url: "rediss://redis" }), /^redis\.url: no password for redis →/],
    ["IPv6", redis({ url: "redis://[fd00::1]:6379" }), /^redis\.url: no password for \[fd00::1\] →/],
    ["a user alone", redis({ url: "redis://onering@redis:6379/1" }), /^redis\.url: no password for redis →/],
    ["an empty password", redis({ url: "redis://:@redis:6379" }), /^redis\.url: no password for redis →/],
    [
      "a name that only begins like loopback",
      redis({ url: "redis://localhost.example.net" }),
      /^redis\.url: no password for localhost\.example\.net/,
    ],
    [
      "Cluster",
      redis({ cluster: { nodes } }),
      /^redis\.cluster: no password for 10\.0\.0\.2 → .*redis\.cluster\.password/,
    ],
    [
      "Sentinel",
      redis({ sentinel: { name: "main", nodes } }),
      /^redis\.sentinel: no password for 10\.0\.0\.2 → .*redis\.sentinel\.password/,
    ],
    ["loopback is fine", redis({ url: "redis://127.0.0.5:6379" })],
    ["loopback by name is fine", redis({ url: "redis://localhost:6379" })],
    ["IPv6 loopback is fine", redis({ url: "redis://[::1]:6379" })],
    ["a password is fine", redis({ url: "redis://:p4ss-w0rd@redis:6379" })],
    ["a password in the query, as ioredis takes it, is fine", redis({ url: "redis://redis:6379?password=p4ss-w0rd" })],
    ["where the operator says so", redis({ url: "redis://redis:6379", allow_no_password: "true" })],
  ]);
});

test.each(["redis://:pass/word#1@redis:6379", "redis://:100%word#1@redis:6379"])(
  "a Redis URL that cannot be read is reported without its password, not when connecting: %s",
  (url) => {
    const [problem, ...more] = problemsAfter(redis({ url }));
    expect(more).toEqual([]);
    expect(problem).toMatch(/^redis\.url: \(hidden\) → a URL; in a password percent-encode \/ as %2F/);
    expect(problem).not.toContain("word#1");
  },
);

describe("listening on all addresses without a proxy was accepted without a word", () => {
  const warnings = (http: Record<string, unknown>) => configWarnings(testConfig({ http }));
  test.each(["0.0.0.0", "::", "10.0.0.1"])("%s is logged at start, and no error: containers need it", (host) => {
    expect(warnings({ host })).toEqual([expect.stringContaining(`http.host is ${host} and http.trust_proxy is empty`)]);
  });
  test.each(["127.0.0.1", "::1", "localhost"])("%s is no warning", (host) => {
    expect(warnings({ host })).toEqual([]);
  });
  test("with a proxy named there is no warning", () => {
    expect(warnings({ host: "0.0.0.0", trust_proxy: ["10.0.0.1"] })).toEqual([]);
  });
});
