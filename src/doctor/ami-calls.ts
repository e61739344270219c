/** Checks one Asterisk whose calls use AMI: login, version, rights. Does not touch a running gateway's channels. */
import { systemClock } from "../shared/clock.ts";
import type { AmiCallsConfig } from "../telephony/asterisk/access.ts";
import { AmiRefusal } from "../telephony/asterisk/ami/errors.ts";
import { AmiSession } from "../telephony/asterisk/ami/session.ts";
import { learn } from "../telephony/asterisk/asterisk-manager/requests.ts";
import { examineVersion } from "./asterisk.ts";
import { type Finding, fail, ok } from "./finding.ts";

export async function examineAmiCalls(name: string, asterisk: AmiCallsConfig): Promise<Finding[]> {
  const { ami } = asterisk;
  let session: AmiSession;
  try {
    session = await AmiSession.open({
      ami,
      deadlineMs: asterisk.request_timeout_ms,
      clock: systemClock,
      eventMask: "off",
      onEvent: () => undefined,
      onClose: () => undefined,
    });
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof AmiRefusal) {
      return [
        fail(
          `Asterisk ${name}: AMI refuses the user or password (${message})`,
          `Compare ami.user and ami.password with [${ami.user}] in manager.conf, and this host's address with its \`permit\`; then \`manager reload\`.`,
        ),
      ];
    }
    return [
      fail(
        `Asterisk ${name}: AMI at ${ami.host}:${ami.port} does not answer (${message})`,
        "Check that Asterisk runs, that manager.conf has `enabled = yes`, and that ami.host and ami.port are its bindaddr and port (`manager show settings`).",
      ),
    ];
  }
  try {
    const { version } = await learn(session);
    return [examineVersion(name, version), ok(`Asterisk ${name}: AMI may place calls`)];
  } catch (error) {
    return [fail(`Asterisk ${name}: ${(error as Error).message}`, "See docs/deploy-beside-a-pbx.md, section 3.")];
  } finally {
    session.close();
  }
}
