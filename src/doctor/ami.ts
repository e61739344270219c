/** Checks one Asterisk over AMI: login, contacts and registrations as the gateway monitors them, endpoint settings. */
import { pino } from "pino";
import { systemClock } from "../shared/clock.ts";
import { cryptoRandom } from "../shared/random.ts";
import { AmiSession } from "../telephony/asterisk/ami/session.ts";
import type { AsteriskConfig } from "../telephony/asterisk/config.ts";
import { createAmiWatch } from "../telephony/trunks/ami-watch.ts";
import { examineEndpointSettings } from "./endpoint.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

/** @param endpoints the PJSIP endpoints of its trunks */
export async function examineAmi(
  name: string,
  asterisk: AsteriskConfig,
  endpoints: readonly string[],
): Promise<Finding[]> {
  const { ami } = asterisk;
  if (ami === undefined) {
    return [
      warn(`Asterisk ${name}: no AMI is configured`, "With `ami`, a dead trunk is detected before calls fail on it."),
    ];
  }
  const watch = createAmiWatch({
    ami,
    requestTimeoutMs: asterisk.request_timeout_ms,
    endpoints,
    clock: systemClock,
    random: cryptoRandom,
    logger: pino({ level: "silent" }),
  });
  try {
    await watch.start();
    const health = endpoints.map((endpoint) =>
      judge(`Asterisk ${name}: AMI says of ${endpoint}: `, watch.health(endpoint)),
    );
    return [...health, ...(await settingsOf(name, asterisk, endpoints))];
  } finally {
    watch.stop();
  }
}

async function settingsOf(name: string, asterisk: AsteriskConfig, endpoints: readonly string[]): Promise<Finding[]> {
  const { ami, request_timeout_ms: deadlineMs } = asterisk;
  if (ami === undefined) return [];
  try {
    const session = await AmiSession.open({
      ...{ ami, deadlineMs, clock: systemClock, eventMask: "off" },
      ...{ onEvent: () => undefined, onClose: () => undefined },
    });
    try {
      const findings: Finding[] = [];
      for (const endpoint of new Set(endpoints)) {
        findings.push(...(await examineEndpointSettings(name, session, endpoint)));
      }
      return findings;
    } finally {
      session.close();
    }
  } catch (error) {
    const why = (error as Error).message;
    return [
      warn(
        `Asterisk ${name}: cannot read the endpoints' settings over AMI (${why}): whether the caller ID is sent is unknown`,
        amiFix(why, "Give the AMI user `write = system,reporting` (docs/deploy-beside-a-pbx.md)."),
      ),
    ];
  }
}

/** @param otherwise where AMI was reached */
export function amiFix(why: string, otherwise: string): string {
  return /connection ended|ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND/.test(why)
    ? "Compare `ami.host` and `ami.port` with `bindaddr` and `port` in manager.conf (5038 is Asterisk's default), and set `enabled = yes` there."
    : otherwise;
}

function judge(what: string, { usable, why }: { usable: boolean; why: string }): Finding {
  if (!usable)
    return fail(what + why, "Look at `pjsip show contacts` and `pjsip show registrations`, then the carrier.");
  if (why.startsWith("not known"))
    return warn(what + why, amiFix(why, "Compare `ami` with the user in manager.conf and its rights."));
  return ok(what + why);
}
