import type { TemplateValues } from "./template.ts";

/** A SIP route to a carrier, as Asterisk is to know it. */
export interface AsteriskTrunk {
  /** Name of the PJSIP endpoint. */
  name: string;
  /** Name or IPv4 address of the carrier. */
  host: string;
  port: number;
  /** Default tcp: a finished call costs 3 KB where UDP keeps 160 to 270 KB for 32 s. */
  transport?: "udp" | "tcp" | "tls";
  /** Whether to offer SRTP with its keys in the SDP (SDES), for carriers that insist. */
  srtp?: boolean;
  /** Whether to sign the caller ID (STIR/SHAKEN); needs `stirShaken` of the Asterisk. */
  stirShaken?: boolean;
  /**
   * Accepts inbound calls, to be rejected and reported to the gateways; `from`: addresses and networks of the carrier's
   * calls, default `host`. Default: no inbound calls.
   */
  inbound?: { from?: readonly string[] };
  /** User part of From in every call; without it From carries the caller ID. Default: `username` if registered. */
  fromUser?: string;
  /** Account, for answering challenges. */
  username?: string;
  password?: string;
  /** Whether to register the account with the carrier. */
  register?: boolean;
  /** In order of preference; default alaw and ulaw. */
  codecs?: readonly string[];
  /** How often the carrier is asked with OPTIONS whether it is there; seconds, default 30, 0 never (then always up). */
  qualifySeconds?: number;
}

/** The placeholders of trunk*.conf.template. @throws on a trunk that cannot be right */
export function trunkValues(trunk: AsteriskTrunk): TemplateValues {
  const { name, username = "", password = "", register = false, inbound } = trunk;
  if (!/^[A-Za-z0-9_.-]{1,60}$/.test(name)) throw new Error(`"${name}" cannot be the name of an endpoint`);
  const from = inbound ? (inbound.from ?? [trunk.host]) : [];
  for (const host of [trunk.host, ...from.map((network) => network.replace(/\/\d{1,2}$/, ""))]) {
    if (!/^[A-Za-z0-9.-]+$/.test(host)) throw new Error(`trunk ${name}: "${host}" is not a host`);
  }
  if (register && !username) throw new Error(`trunk ${name}: registering needs a username`);
  return {
    TRUNK_NAME: name,
    TRUNK_HOST: trunk.host,
    TRUNK_PORT: String(trunk.port),
    TRUNK_TRANSPORT: trunk.transport ?? "tcp",
    TRUNK_MEDIA_ENCRYPTION: trunk.srtp ? "sdes" : "",
    TRUNK_STIR_PROFILE: trunk.stirShaken ? "onering-attest" : "",
    TRUNK_CONTEXT: inbound ? "onering-inbound" : "no-inbound-calls",
    TRUNK_TRUST_ID_INBOUND: inbound ? "yes" : "",
    TRUNK_INBOUND_FROM: from.join(","),
    TRUNK_FROM_USER: trunk.fromUser ?? (register ? username : ""),
    TRUNK_FROM_DOMAIN: register ? trunk.host : "",
    TRUNK_AUTH: username && `${name}-auth`,
    TRUNK_USERNAME: username,
    TRUNK_PASSWORD: password,
    TRUNK_CODECS: (trunk.codecs ?? ["alaw", "ulaw"]).join(","),
    TRUNK_QUALIFY_SECONDS: String(trunk.qualifySeconds ?? 30),
  };
}

/** The templates that a trunk is made of, in their order. */
export function trunkParts(trunk: AsteriskTrunk): readonly string[] {
  const parts = ["trunk"];
  if (trunk.username) parts.push("trunk-auth");
  if (trunk.register) parts.push("trunk-registration");
  if (trunk.inbound) parts.push("trunk-inbound");
  return parts;
}
