/**
 * The order of test files. A clean checkout has no earlier durations, and Vitest then begins with the largest files: those that
 * wait longest are small, and would be left for the end, one worker idle.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Over some ten seconds each. Those that listen to sound or measure a rate do not begin beside those that start a dozen of
 * processes; those that only wait for limits run beside all of them.
 */
const longFiles = [
  "integration/app/voice",
  "integration/app/voice-kill",
  "integration/app/message-killed",
  "integration/telephony/answered-call",
  "integration/doctor/first-set-up",
  "load/admission",
  "e2e/two-calls",
  "e2e/story",
  "chaos/chaos",
  "e2e/every-channel",
  "integration/telephony/sip-trunks",
  "integration/bench/part-ends",
  "trials/trials",
  "integration/telephony/sip-finals",
  "integration/app/commands",
  "integration/subjects/erase",
  "chaos/pairs",
  "e2e/channels",
  "integration/doctor/inbound",
  "integration/telephony/asterisk-manager",
  "integration/records/cdrs",
  "e2e/everyone",
  "integration/telephony/ari-websocket",
  "integration/http/docs-page",
  "integration/doctor/canary",
  "integration/app/failover",
  "integration/telephony/trunk-health",
  "e2e/code-input",
  "integration/telephony/ari-client",
  "integration/telephony/trunk-failure",
  "integration/doctor/endpoint",
  "integration/sandbox/messages",
  "integration/security/fuzz",
  "integration/records/migrations",
  "integration/sandbox/run",
  "chaos/deliveries",
  "integration/apps/commands",
  "integration/webhooks/delivery",
  "integration/sandbox/voice",
  "integration/app/live-check-kill",
  "e2e/pictures",
  "integration/records/outage",
  "integration/redis/relay",
  "integration/observability/live-alerts",
  "integration/telephony/asterisk-manager-safety",
  "integration/local/asterisk-inbound",
  "integration/observability/dashboard",
  "integration/app/reload",
  "integration/scrub/command",
  "integration/records/serve",
  "integration/security/authorisation",
  "integration/local/deploy-page",
  "integration/app/channel-secrets",
  "e2e/login-page",
  "integration/records/home",
  "integration/records/verifications",
  "e2e/live-stream",
  "e2e/inboxes",
  "integration/local/asterisk-server",
  "e2e/commands",
  "integration/events/live-secrecy",
  "integration/sip/loss",
  "integration/app/processes",
  "integration/numbers/database-cleaning",
  "integration/telephony/dialer",
  "integration/verification/secrecy",
  "integration/app/ami-only",
  "e2e/call-in",
  "integration/records/base",
  "integration/redis/fair-shares",
  "e2e/narrow",
].map((name) => `/test/${name}.test.ts`);

/** Each project together, because a worker goes on with the modules that it has loaded only where the next file is of the same one. */
const projects = ["unit", "programs", "alone"];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification) => {
      const at = longFiles.findIndex((name) => moduleId.endsWith(name));
      return projects.indexOf(project.name) * (longFiles.length + 1) + (at === -1 ? longFiles.length : at);
    };
    // A stable sort: the others keep their order.
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}
