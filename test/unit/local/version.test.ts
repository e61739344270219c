import { expect, test } from "vitest";
import { isKnown, knownVersions, parseVersion } from "../../../src/local/fetch/version.ts";

test.each([
  ["asterisk", "Asterisk 22.10.1+dfsg+~cs6.17.60671434-1\n", "22.10.1"],
  ["asterisk", "Asterisk certified-20.7-cert3\n", "20.7"],
  ["redisServer", "Redis server v=8.0.6 sha=00000000:0 malloc=jemalloc-5.3.1 bits=64 build=4ff5\n", "8.0.6"],
  ["redisServer", "Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1\n", "8.1.1"],
  ["sipp", "\n SIPp v3.8.0-TLS-SCTP-PCAP.\n\n This program is free software;", "3.8.0"],
  ["chromium", "Chromium 156.0.8078.79 built on Debian GNU/Linux 12 (bookworm)\n", "156.0.8078.79"],
  ["chromium", "Google Chrome 140.0.7339.16 \n", "140.0.7339.16"],
] as const)("reads the version %s prints: %j", (program, printed, version) => {
  expect(parseVersion(program, printed)).toBe(version);
});

test("tells no version from other text", () => {
  expect(parseVersion("asterisk", "asterisk: command not found")).toBeUndefined();
});

test.each([
  ["asterisk", "22.10.1", true],
  ["asterisk", "20.0", true],
  ["asterisk", "18.26.4", false],
  ["asterisk", "24.0.0", false],
  ["redisServer", "7", true],
  ["redisServer", "6.2.14", false],
  ["sipp", "3.10.0", true],
  ["sipp", "3.6.1", false],
  ["sipp", "4.0", false],
  ["chromium", "156.0.8078.79", true],
  ["chromium", "109.0.5414.119", false],
] as const)("%s %s is known to work: %s", (program, version, expected) => {
  expect(isKnown(version, knownVersions[program])).toBe(expected);
});
