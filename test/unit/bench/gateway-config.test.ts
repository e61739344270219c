import { describe, expect, it } from "vitest";
import {
  callsProfile,
  checksProfile,
  type GatewayParts,
  gatewayDocument,
  inNamesOf,
} from "../../../bench/support/gateway-config.ts";
import { resolveConfig } from "../../../src/config/load.ts";

const parts: GatewayParts = {
  port: 8080,
  redisUrl: "redis://127.0.0.1:6379",
  apiKeySha256: "a".repeat(64),
  hmacKey: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  ariApp: "bench-ours",
  profile: callsProfile,
  asterisk: {
    endpoint: "carrier",
    ari: { url: "http://127.0.0.1:8088", user: "onering", password: "ari-password-of-a-test" },
    ami: { host: "127.0.0.1", port: 5038, user: "onering", password: "ami-password-of-a-test" },
  },
};

it.each([{ profile: callsProfile }, { profile: checksProfile }, { asterisk: null }])(
  "the bench's configuration is one that serve takes",
  (given) => {
    const document = gatewayDocument({ ...parts, ...given });
    expect(() => resolveConfig({ name: "bench", document, env: {} })).not.toThrow();
  },
);

describe("a gateway of another commit", () => {
  const document = { limits: { new_name: 3, kept: 1 }, new_section: { key: 2 } };
  const renamed = [
    { now: "limits.new_name", before: "older.old_name" },
    { now: "new_section", before: "old_section" },
  ];

  it("gets the names that its reference of the configuration lists", () => {
    const reference = "| `older.old_name` | … |\n## `old_section`\n| `limits.kept` |";
    expect(inNamesOf(reference, document, renamed)).toEqual({
      limits: { kept: 1 },
      older: { old_name: 3 },
      old_section: { key: 2 },
    });
  });

  it("gets today's names where it knows them", () => {
    const reference = "| `limits.new_name` |\n| `limits.kept` |\n## `new_section`";
    expect(inNamesOf(reference, document, renamed)).toEqual(document);
  });
});
