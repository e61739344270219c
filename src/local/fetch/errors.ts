import { knownVersions, rangeText } from "./version.ts";

/** What a person can do when the programs cannot be fetched; ends every message of RuntimeUnavailableError. */
const whatToDo = [
  "What to do, either:",
  "  - run it in containers: docker compose up",
  `  - or install the programs yourself and run this again: asterisk (${rangeText(knownVersions.asterisk)}) and`,
  `    redis-server (${rangeText(knownVersions.redisServer)}); the tests also need sipp (${rangeText(knownVersions.sipp)};`,
  "    Debian's package is sip-tester) and chromium.",
].join("\n");

/** How messages about a full disk begin. */
export const diskFull = "The disk is full: free about 1 GB and run this again.";

/** The programs OneRing runs (Asterisk, Redis, for the tests SIPp and Chromium) are not there and cannot be fetched. */
export class RuntimeUnavailableError extends Error {
  /**
   * @param problem one sentence: what went wrong
   * @param options.cause the error beneath, kept for logs
   */
  constructor(problem: string, options?: ErrorOptions) {
    super(`${problem}\n${whatToDo}`, options);
    this.name = "RuntimeUnavailableError";
  }
}
