import type { TemplateValues } from "./render-config.ts";

/** A SIP route to a carrier, as Asterisk is to know it. */
export interface AsteriskTrunk {
  /** Name of the PJSIP endpoint. */
  name: string;
  /** Name or IPv4 address of the carrier. */
  host: string;
  port: number;
  transport: "udp" | "tcp";
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
  const { name, username = "", password = "", register = false } = trunk;
  if (!/^[A-Za-z0-9_.-]{1,60}$/.test(name)) throw new Error(`"${name}" cannot be the name of an endpoint`);
  if (!/^[A-Za-z0-9.-]+$/.test(trunk.host)) throw new Error(`trunk ${name}: "${trunk.host}" is not a host`);
  if (register && !username) throw new Error(`trunk ${name}: registering needs a username`);
  return {
    TRUNK_NAME: name,
    TRUNK_HOST: trunk.host,
    TRUNK_PORT: String(trunk.port),
    TRUNK_TRANSPORT: trunk.transport,
    TRUNK_FROM_USER: trunk.fromUser ?? (register ? username : ""),
    TRUNK_FROM_DOMAIN: register ? trunk.host : "",
    TRUNK_AUTH: username && `${name}-auth`,
    TRUNK_USERNAME: username,
    TRUNK_PASSWORD: password,
    TRUNK_CODECS: (trunk.codecs ?? ["alaw", "ulaw"]).join(","),
    TRUNK_QUALIFY_SECONDS: String(trunk.qualifySeconds ?? 30),
  };
}
