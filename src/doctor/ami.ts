/** Checks one Asterisk over AMI: login, rights, contacts and registrations as the gateway monitors them, endpoint settings. */
import { pino } from "pino";
import { systemClock } from "../shared/clock.ts";
import { cryptoRandom } from "../shared/random.ts";
import { AmiRefusal } from "../telephony/asterisk/ami/errors.ts";
import { AmiSession } from "../telephony/asterisk/ami/session.ts";
import type { AsteriskConfig } from "../telephony/asterisk/config.ts";
import { createAmiWatch } from "../telephony/trunks/ami-watch.ts";
import { examineEndpointSettings } from "./endpoint.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

type Ami = NonNullable<AsteriskConfig["ami"]>;

/**
 * Without AMI calls are placed all the same, so its own problems are warnings, one for each cause.
 * @param endpoints the PJSIP endpoints of its trunks
 */
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
  let bootedSeen = false;
  let session: AmiSession;
  try {
    session = await AmiSession.open({
      ...{ ami, deadlineMs: asterisk.request_timeout_ms, clock: systemClock, eventMask: "system" },
      onEvent: ({ event }) => {
        bootedSeen ||= event === "FullyBooted";
      },
      onClose: () => undefined,
    });
  } catch (error) {
    return [noLogin(name, ami, error)];
  }
  try {
    // Asterisk sends FullyBooted at login, to users that may read class system: it precedes the answer to a later request.
    await session.request("Ping");
    const rights = bootedSeen ? [] : [unseenEvents(name, ami)];
    const settings: Finding[] = [];
    for (const endpoint of new Set(endpoints)) {
      settings.push(...(await examineEndpointSettings(name, session, endpoint)));
    }
    return [...rights, ...(await healthOf(name, asterisk, ami, endpoints)), ...settings];
  } catch (error) {
    const why = (error as Error).message;
    return [
      warn(
        `Asterisk ${name}: cannot read trunks over AMI as user ${ami.user} (${why}): whether they are up and the caller ID is sent is unknown`,
        amiFix(why, `Set \`write = system,reporting\` for [${ami.user}] in manager.conf, then \`manager reload\`.`),
      ),
    ];
  } finally {
    session.close();
  }
}

function noLogin(name: string, ami: Ami, error: unknown): Finding {
  const why = (error as Error).message;
  if (error instanceof AmiRefusal) {
    return warn(
      `Asterisk ${name}: AMI refuses user ${ami.user} (${why}): the state of its trunks is unknown`,
      `Compare ami.user and ami.password with [${ami.user}] in manager.conf, and this host's address with its \`permit\`; then \`manager reload\`.`,
    );
  }
  return warn(
    `Asterisk ${name}: cannot connect to AMI at ${ami.host}:${ami.port} (${why}): the state of its trunks is unknown`,
    amiFix(why, "Check that it is Asterisk's AMI port, and that no firewall drops the connection."),
  );
}

function unseenEvents(name: string, ami: Ami): Finding {
  return warn(
    `Asterisk ${name}: AMI sends user ${ami.user} no events of class system: a trunk that goes down is noticed up to 15 s late`,
    `Set \`read = system,user\` (driver asterisk-manager: system,call,user) for [${ami.user}] in manager.conf, then \`manager reload\`.`,
  );
}

/** @param otherwise where AMI was reached */
export function amiFix(why: string, otherwise: string): string {
  return /connection ended|ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND/.test(why)
    ? "Compare `ami.host` and `ami.port` with `bindaddr` and `port` in manager.conf (5038 is Asterisk's default), and set `enabled = yes` there."
    : otherwise;
}

async function healthOf(
  name: string,
  asterisk: AsteriskConfig,
  ami: Ami,
  endpoints: readonly string[],
): Promise<Finding[]> {
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
    return endpoints.flatMap((endpoint) => {
      const health = watch.health(endpoint);
      const missing = health.why.startsWith("Asterisk has no endpoint");
      // Over ARI examineAsterisk reports a missing endpoint, and a carrier that does not answer.
      if ((missing || health.silent === true) && asterisk.driver !== "asterisk-manager") return [];
      return [judge(`Asterisk ${name}: AMI reports ${endpoint}: `, health, missing)];
    });
  } finally {
    watch.stop();
  }
}

function judge(what: string, { usable, why }: { usable: boolean; why: string }, missing: boolean): Finding {
  const carrier = "Look at `pjsip show contacts` and `pjsip show registrations`, then ask the carrier.";
  if (!usable) return fail(what + why, missing ? "Compare with `pjsip show endpoints`." : carrier);
  if (why.startsWith("not known"))
    return warn(what + why, amiFix(why, "Compare `ami` with the user in manager.conf and its rights."));
  return ok(what + why);
}
