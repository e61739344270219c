/** Trunks that the gateway reaches over SIP itself: our own address and ports, names, connections, certificates, OPTIONS. */
import type { Clock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import {
  type CertificateEnd,
  certificateKey,
  configuredCertificates,
  warnBeforeMs,
} from "../telephony/sip-trunks/certificates.ts";
import type { SipConfig } from "../telephony/sip-trunks/config.ts";
import { probeSipTrunks, type TargetProbe, type TrunkProbe } from "../telephony/sip-trunks/probe.ts";
import type { SipTrunkConfig } from "../telephony/sip-trunks/trunk-config.ts";
import { targetText } from "../telephony/sip-trunks/trunk-plans.ts";
import { type Finding, fail, hint, ok, warn } from "./finding.ts";

interface SipTrunks {
  readonly sip?: SipConfig;
  readonly trunks: Readonly<Record<string, { readonly sip?: SipTrunkConfig }>>;
}

interface DoctorParts {
  readonly clock: Clock;
  readonly random: Random;
}

export async function examineSipTrunks({ sip, trunks }: SipTrunks, parts: DoctorParts): Promise<readonly Finding[]> {
  if (sip === undefined) return [];
  const nowMs = parts.clock.nowMs();
  const own = configuredCertificates({ sip, trunks }).map((end) => ownCertificateFinding(end, nowMs));
  try {
    const { taken, trunks: probes } = await probeSipTrunks({ sip, trunks }, parts);
    return [
      portFinding(sip, taken),
      ...own,
      ...probes.flatMap((probe) =>
        trunkFindings(probe, trunks[probe.trunk]?.sip, { fromOtherPort: taken !== null, nowMs }),
      ),
    ];
  } catch (error) {
    const fix =
      (error as NodeJS.ErrnoException).code === "EACCES"
        ? "Take ports of 1024 or above: those below need a right that the gateway does not have."
        : "Set sip.host to an address of this machine's own (`ip address`); behind NAT give the outer one as sip.public_host.";
    return [fail(`SIP cannot listen on ${sip.host}: ${(error as Error).message}`, fix), ...own];
  }
}

function portFinding({ host, udp_port: port, tcp_port: tcp, tls }: SipConfig, taken: string | null): Finding {
  const ports = [
    `UDP ${port}`,
    ...(tcp === undefined ? [] : [`TCP ${tcp}`]),
    ...(tls?.port ? [`TLS ${tls.port}`] : []),
  ];
  if (taken === null) return ok(`SIP can listen on ${host}: ${ports.join(", ")}`);
  return hint(
    `SIP: a port of ${ports.join(", ")} on ${host} is in use (${taken})`,
    "That is right while this gateway runs. Else something else has it, such as an Asterisk: set sip.udp_port, tcp_port or tls.port.",
  );
}

function ownCertificateFinding({ of, trunk, expiresAtMs }: CertificateEnd, nowMs: number): Finding {
  const key = certificateKey({ of, trunk });
  const fix = "Renew it: the gateway reads its file again by itself, and at a reload.";
  return endFinding(key, expiresAtMs, nowMs, fix);
}

/** @param what `sip.tls.certificate` */
function endFinding(what: string, expiresAtMs: number, nowMs: number, fix: string): Finding {
  const date = new Date(expiresAtMs).toISOString().slice(0, 10);
  if (expiresAtMs <= nowMs) return fail(`${what} expired on ${date}`, fix);
  if (expiresAtMs - nowMs > warnBeforeMs) return ok(`${what} is valid until ${date}`);
  return warn(`${what} expires on ${date}, in ${daysText(Math.floor((expiresAtMs - nowMs) / 86_400_000))}`, fix);
}

function daysText(days: number): string {
  if (days === 0) return "less than a day";
  return days === 1 ? "1 day" : `${days} days`;
}

/** @param asking.fromOtherPort the gateway's own port is in use, so that another one asked */
function trunkFindings(
  { trunk, host, targets, absence }: TrunkProbe,
  config: SipTrunkConfig | undefined,
  { fromOtherPort, nowMs }: { readonly fromOtherPort: boolean; readonly nowMs: number },
): readonly Finding[] {
  const section = `trunks.${trunk}.sip`;
  if (absence !== null) {
    const key = `${section}.${config?.outbound_proxy === undefined ? "host" : "outbound_proxy.host"}`;
    return [fail(`Trunk ${trunk}: ${host} ${absence.words}`, absenceFix(absence, key))];
  }
  const asked = {
    someAnswer: targets.some(({ failure }) => failure === null),
    asksOptions: config?.qualify_seconds !== 0,
    fromOtherPort,
  };
  const registration = hint(
    `Trunk ${trunk}: its registration is the running gateway's, and not checked here`,
    "`GET /v1/admin/trunks` and /readyz of the gateway say whether it is registered, and why not.",
  );
  return [
    ...targets.flatMap((probe) => {
      const what = `Trunk ${trunk}: ${targetText(probe.target)}`;
      return [targetFinding(what, section, probe, asked), ...carrierCertificateFindings(what, probe, nowMs)];
    }),
    ...(config?.register === undefined ? [] : [registration]),
  ];
}

function absenceFix({ kind, words }: NonNullable<TrunkProbe["absence"]>, key: string): string {
  if (kind === "other_family") {
    const own = words.includes("IPv6") ? "sip.host_ipv6 to an IPv6" : "sip.host to an IPv4";
    return `Set ${own} address of this machine, or ${key} to a name with addresses of the other family.`;
  }
  if (kind === "unanswered") return `Check this machine's name servers (/etc/resolv.conf), then ${key}.`;
  if (kind === "no_service")
    return `Ask the carrier about the records, or set the port beside ${key}: then only addresses count.`;
  return `Check ${key}: ask the carrier for the name.`;
}

function carrierCertificateFindings(what: string, probe: TargetProbe, nowMs: number): readonly Finding[] {
  const { certificateExpiresAtMs: endsAtMs } = probe;
  if (endsAtMs === null) return [];
  return [endFinding(`${what}: the carrier's certificate`, endsAtMs, nowMs, "The carrier has to renew it: tell them.")];
}

interface Asked {
  /** Another address of the carrier answers: calls go there. */
  readonly someAnswer: boolean;
  /** The running gateway asks too, and does not use a trunk that is silent. */
  readonly asksOptions: boolean;
  readonly fromOtherPort: boolean;
}

/** @param section of the trunk in the configuration */
function targetFinding(what: string, section: string, probe: TargetProbe, asked: Asked): Finding {
  const { someAnswer, asksOptions, fromOtherPort } = asked;
  const { target, status, roundTripMs, failure, fix, unconnected } = probe;
  if (failure === null) return answerFinding(what, status ?? 0, roundTripMs ?? 0);
  const level = someAnswer ? warn : fail;
  if (unconnected !== null) {
    const usual =
      unconnected === "tls"
        ? `Check ${section}.tls, and that the carrier speaks TLS 1.2 or newer at this port.`
        : `Check host, port and transport of ${section}, the firewall, and that the carrier knows this machine's address.`;
    return level(`${what}: ${failure}`, fix ?? usual);
  }
  const silent = `${what} does not answer OPTIONS: ${failure}`;
  if (fix !== null) return level(silent, fix);
  if (!asksOptions)
    return hint(
      silent,
      `Nor is it asked while the gateway runs (${section}.qualify_seconds is 0): a test call shows whether it takes calls.`,
    );
  if (fromOtherPort && target.protocol === "udp") {
    return warn(
      silent,
      "It was asked from another port than the running gateway's, which some carriers do not answer: `GET /v1/admin/trunks` of the gateway says whether it is up.",
    );
  }
  return level(
    silent,
    `Check host, port and transport of ${section}, the firewall, and that the carrier knows this machine's address. If it answers no OPTIONS at all, set ${section}.qualify_seconds to 0; the trunk is not used otherwise.`,
  );
}

function answerFinding(what: string, status: number, roundTripMs: number): Finding {
  const text = `${what} answers OPTIONS with ${status} in ${Math.round(roundTripMs)} ms`;
  if (status === 408 || status === 503)
    return warn(text, "The carrier says that it cannot take calls: the trunk is not used meanwhile.");
  if (status === 403)
    return hint(text, "It may not know this machine's address, or want an account: a test call shows it.");
  return ok(text);
}
