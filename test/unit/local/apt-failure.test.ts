import { expect, test } from "vitest";
import { explainAptFailure } from "../../../src/local/fetch/apt-failure.ts";
import { RuntimeUnavailableError } from "../../../src/local/fetch/errors.ts";

test.each([
  ["E: Write error - write (28: No space left on device)", /^The disk is full: /],
  ["E: You don't have enough free space in /x/archives/.", /^The disk is full: /],
  ["W: Failed to fetch http://a.example/x  Temporary failure resolving 'a.example'", /cannot be reached/],
  ["E: Failed to fetch http://a.example/x  Could not connect to a.example:80 (1.2.3.4).", /cannot be reached/],
  ["E: Unable to locate package asterisk", /does not carry what is needed/],
  ["E: something new", /^apt-get failed\.\nE: something new$/],
])("explains %j", (output, explanation) => {
  expect(explainAptFailure(`Reading package lists...\n${output}\n`)).toMatch(explanation);
});

test("every failure names Docker and the packages to install", () => {
  const { message } = new RuntimeUnavailableError("It did not work.");
  expect(message).toMatch(/^It did not work\.\n/);
  for (const word of ["docker compose up", "asterisk", "redis-server", "sip-tester", "chromium"]) {
    expect(message).toContain(word);
  }
});
