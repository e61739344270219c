/**
 * The order of test files. A clean checkout has no earlier durations, and Vitest then begins with the largest files: those that
 * wait longest are small, and would be left for the end, one worker idle.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Over a quarter of a minute each. Those that listen to sound or measure a rate do not begin beside those that start a dozen of
 * processes; those that only wait for limits run beside all of them.
 */
const longFiles = [
  "test/integration/app/voice.test.ts",
  "test/integration/app/voice-kill.test.ts",
  "test/integration/app/message-killed.test.ts",
  "test/integration/telephony/answered-call.test.ts",
  "test/integration/doctor/first-set-up.test.ts",
  "test/load/admission.test.ts",
  "test/integration/bench/part-ends.test.ts",
  "test/e2e/two-calls.test.ts",
  "test/chaos/chaos.test.ts",
  "test/integration/telephony/sip-trunks.test.ts",
  "test/e2e/every-channel.test.ts",
  "test/e2e/story.test.ts",
  "test/trials/trials.test.ts",
  "test/integration/telephony/sip-finals.test.ts",
  "test/integration/app/commands.test.ts",
  "test/chaos/pairs.test.ts",
  "test/e2e/channels.test.ts",
  "test/integration/doctor/inbound.test.ts",
  "test/integration/telephony/asterisk-manager.test.ts",
  "test/integration/telephony/ari-client.test.ts",
  "test/integration/telephony/ari-websocket.test.ts",
  "test/integration/http/docs-page.test.ts",
  "test/integration/telephony/trunk-health.test.ts",
  "test/integration/subjects/erase.test.ts",
  "test/integration/records/cdrs.test.ts",
  "test/integration/doctor/canary.test.ts",
  "test/e2e/code-input.test.ts",
  "test/e2e/everyone.test.ts",
  "test/integration/app/failover.test.ts",
  "test/integration/records/migrations.test.ts",
  "test/integration/telephony/trunk-failure.test.ts",
  "test/integration/sip/phone.test.ts",
  "test/integration/sandbox/messages.test.ts",
  "test/integration/sandbox/run.test.ts",
  "test/integration/webhooks/delivery.test.ts",
  "test/integration/numbers/scrubs.test.ts",
  "test/integration/doctor/endpoint.test.ts",
  "test/integration/apps/commands.test.ts",
  "test/chaos/deliveries.test.ts",
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification) => {
      // Together, because a worker goes on with the modules that it has loaded only where the next file is one of them; last,
      // because each of them is short.
      if (!project.config.isolate) return longFiles.length + 1;
      const at = longFiles.findIndex((name) => moduleId.endsWith(name));
      return at === -1 ? longFiles.length : at;
    };
    // A stable sort: the others keep their order.
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}
