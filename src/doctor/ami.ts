/** Looks at one Asterisk over AMI, with the very watch that the gateway keeps: login, contacts, registrations. */
import { pino } from "pino";
import { systemClock } from "../shared/clock.ts";
import { cryptoRandom } from "../shared/random.ts";
import type { AsteriskConfig } from "../telephony/asterisk/config.ts";
import { createAmiWatch } from "../telephony/trunks/ami-watch.ts";
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
      warn(`Asterisk ${name}: no AMI is configured`, "With `ami`, a dead trunk is known before calls fail on it."),
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
    return endpoints.map((endpoint) => judge(`Asterisk ${name}: AMI says of ${endpoint}: `, watch.health(endpoint)));
  } finally {
    watch.stop();
  }
}

function judge(what: string, { usable, why }: { usable: boolean; why: string }): Finding {
  if (!usable)
    return fail(what + why, "Look at `pjsip show contacts` and `pjsip show registrations`, then the carrier.");
  if (why.startsWith("not known"))
    return warn(what + why, "Compare `ami` with the user in manager.conf and its rights.");
  return ok(what + why);
}
