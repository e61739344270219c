/**
 * Checks lines of Asterisk's configuration files that no other interface shows, over AMI (GetConfig, of class system):
 * `channelvars`, and where hep.conf sends the SIP capture. It reads the files: a module that was not reloaded since runs
 * with older values. No value of a secret is reported.
 */
import { isIP } from "node:net";
import { systemClock } from "../shared/clock.ts";
import { AmiSession } from "../telephony/asterisk/ami/session.ts";
import type { AsteriskConfig } from "../telephony/asterisk/config.ts";
import { marker } from "../telephony/asterisk/last-response.ts";
import type { SipCaptureConfig } from "../telephony/sip-capture/config.ts";
import { type Finding, hint, ok, warn } from "./finding.ts";

type Settings = ReadonlyMap<string, string>;

const channelvarsFix = (file: string) =>
  `Copy the \`channelvars\` line of asterisk-config/ari.conf into [general] of ${file} and reload it, or set up the SIP capture (docs/outcomes.md).`;

/** @param capture section `sip_capture`; undefined: no SIP capture is configured */
export async function examineAsteriskFiles(
  name: string,
  asterisk: AsteriskConfig,
  capture: SipCaptureConfig | undefined,
): Promise<Finding[]> {
  const { ami, driver } = asterisk;
  const file = driver === "asterisk-manager" ? "manager.conf" : "ari.conf";
  if (ami === undefined) {
    if (capture !== undefined) return [];
    return [
      hint(`Asterisk ${name}: cannot check \`channelvars\` in ${file}: no AMI is configured`, channelvarsFix(file)),
    ];
  }
  let session: AmiSession;
  try {
    session = await AmiSession.open({
      ...{ ami, deadlineMs: asterisk.request_timeout_ms, clock: systemClock, eventMask: "off" },
      ...{ onEvent: () => undefined, onClose: () => undefined },
    });
  } catch {
    // Reported by examineAmi.
    return [];
  }
  try {
    // The SIP capture shows the same and more, but not to the driver asterisk-manager, which knows no Call-ID.
    const captured = capture !== undefined && driver !== "asterisk-manager";
    return [
      ...(captured ? [] : [examineChannelvars(name, file, await generalOf(session, file))]),
      ...(captured ? examineHep(name, await generalOf(session, "hep.conf"), capture) : []),
    ];
  } catch {
    // Without the right to GetConfig examineAmi has reported the missing class; without the file, the check of modules.
    return [];
  } finally {
    session.close();
  }
}

/** Settings of `[general]`; a later line wins. @throws {Error} where the file or the right to read it is missing */
async function generalOf(session: AmiSession, filename: string): Promise<Settings> {
  const answer = await session.request("GetConfig", { filename, category: "general" });
  const lines = Object.entries(answer).filter(([key]) => key.startsWith("line-"));
  return new Map(
    lines.flatMap(([, line]) => {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(typeof line === "string" ? line : "") ?? [];
      return key === undefined || value === undefined ? [] : [[key.trim(), value.trim()] as const];
    }),
  );
}

export function examineChannelvars(name: string, file: string, general: Settings): Finding {
  if (general.get("channelvars")?.includes(marker)) {
    return ok(`Asterisk ${name}: ${file} reports the far end's last response (channelvars)`);
  }
  return warn(
    `Asterisk ${name}: ${file} has no \`channelvars\` line of ours, and no SIP capture is used: calls do not fail over after 408, 502 or 503`,
    channelvarsFix(file),
  );
}

/** @returns nothing where hep.conf fits: that res_hep runs is reported with the modules */
export function examineHep(name: string, hep: Settings, capture: SipCaptureConfig): Finding[] {
  const what = `Asterisk ${name}: the SIP capture receives nothing:`;
  const sentTo = hep.get("capture_address") ?? "";
  const [, host = "", port = ""] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(sentTo) ?? [];
  const anyHost = capture.host === "0.0.0.0" || capture.host === "::" || isIP(host) === 0;
  const wanted = `${capture.host}:${capture.port}`;
  if (Number(port) !== capture.port || (!anyHost && host !== capture.host)) {
    return [
      warn(
        `${what} capture_address in hep.conf is ${sentTo || "not set"}, sip_capture listens on ${wanted}`,
        `Set capture_address = ${wanted} in hep.conf, then \`module reload res_hep.so\` (docs/sip-capture.md).`,
      ),
    ];
  }
  if (capture.password !== undefined && hep.get("capture_password") !== capture.password) {
    const fix = "Set both to the same value, then `module reload res_hep.so`.";
    return [warn(`${what} capture_password in hep.conf is not sip_capture.password`, fix)];
  }
  const uuid = hep.get("uuid_type") ?? "call-id";
  if (uuid !== "call-id") {
    const fix = "Set uuid_type = call-id in hep.conf, then `module reload res_hep.so`.";
    return [warn(`Asterisk ${name}: the SIP capture finds no call: uuid_type in hep.conf is ${uuid}`, fix)];
  }
  return [];
}
