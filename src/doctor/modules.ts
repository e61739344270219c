/** Checks the modules that an Asterisk runs: those needed for calls, for the SIP capture and for inbound calls. */
import { type Finding, fail, ok, warn } from "./finding.ts";

/** Modules without which a call cannot be placed or watched. */
const neededModules = [
  "res_ari_channels.so",
  "res_ari_events.so",
  "res_ari_applications.so",
  "res_ari_asterisk.so",
  "app_stasis.so",
  "chan_pjsip.so",
  "res_pjsip_session.so",
  "res_pjsip_caller_id.so",
  "res_pjsip_sdp_rtp.so",
  "res_rtp_asterisk.so",
];

/** They send copies of SIP messages to the gateway. */
const captureModules = ["res_hep.so", "res_hep_pjsip.so"];

/** Any of them can load a dialplan. */
const dialplanModules = ["pbx_config.so", "pbx_ael.so", "pbx_lua.so", "pbx_realtime.so"];

/** What a gateway uses an Asterisk for besides placing calls. */
export interface AsteriskUse {
  /** It receives copies of its SIP messages. */
  readonly capture: boolean;
  /** Inbound calls on it are to prove numbers. */
  readonly inbound: boolean;
}

/** @param running names of the modules that run; null: not known */
export function examineModules(name: string, running: ReadonlySet<string> | null, use: AsteriskUse): Finding[] {
  if (running === null)
    return [warn(`Asterisk ${name}: the list of modules cannot be read`, "Load res_ari_asterisk.so.")];
  const missing = neededModules.filter((module) => !running.has(module));
  return [
    missing.length === 0
      ? ok(`Asterisk ${name}: all needed modules run`)
      : fail(`Asterisk ${name}: modules not running: ${missing.join(", ")}`, "Load them in modules.conf."),
    ...(use.capture ? [examineCapture(name, running)] : []),
    ...(use.inbound ? examineDialplan(name, running) : []),
  ];
}

/** Calls work without it. */
function examineCapture(name: string, running: ReadonlySet<string>): Finding {
  const missing = captureModules.filter((module) => !running.has(module));
  if (missing.length === 0) return ok(`Asterisk ${name}: the modules of the SIP capture (res_hep) run`);
  return warn(
    `Asterisk ${name}: the SIP capture receives nothing: ${missing.join(" and ")} not running`,
    "Set up hep.conf and load the modules (docs/sip-capture.md), or remove sip_capture from the configuration: outcomes are coarser without it.",
  );
}

/** Without any of them there is no dialplan. Its contents cannot be read over ARI (src/doctor/inbound.ts). */
function examineDialplan(name: string, running: ReadonlySet<string>): Finding[] {
  if (dialplanModules.some((module) => running.has(module))) return [];
  return [
    fail(
      `Asterisk ${name}: inbound calls find no dialplan, ${dialplanModules[0]} not running`,
      "With Docker set TRUNK_INBOUND=yes; else load it in modules.conf (docs/trunks.md).",
    ),
  ];
}
