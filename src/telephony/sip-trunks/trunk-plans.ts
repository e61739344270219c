/** What each trunk makes of a call: where it goes, what its headers say, which account answers for it. */
import { isIPv6 } from "node:net";
import type { Credentials, OutgoingCall } from "../../sip/call/port.ts";
import type { NextHop } from "../../sip/location/port.ts";
import type { HeaderLine } from "../../sip/transaction/port.ts";
import type { ConnectionRules, Target, TransportProtocol } from "../../sip/transport/port.ts";
import type { CallRequest } from "../call-control/port.ts";
import type { CallSigner } from "./call-signer.ts";
import type { SipConfig } from "./config.ts";
import { createCallHeaders } from "./headers.ts";
import type { SipTrunkConfig } from "./trunk-config.ts";

/** The sections that the driver reads. */
export interface SipTrunksConfig {
  readonly sip: SipConfig;
  /** Those without `sip` are not its own. */
  readonly trunks: Readonly<Record<string, { readonly sip?: SipTrunkConfig }>>;
}

/** A trunk, ready for calls; the same objects for every call of it. */
export interface TrunkPlan {
  readonly name: string;
  readonly config: SipTrunkConfig;
  readonly hop: NextHop;
  readonly credentials: Credentials | null;
  /** Route set towards an outbound proxy (RFC 3261 section 8.1.2); empty without one. */
  readonly routes: readonly HeaderLine[];
  /**
   * The call as it goes on the wire.
   * @param id of its Call-ID @param nowMs the clock's, for signatures
   * @param serviceRoute what the registrar asks for, behind an outbound proxy (RFC 3608)
   */
  call(request: CallRequest, id: string, nowMs: number, serviceRoute: readonly HeaderLine[]): OutgoingCall;
}

/** Plans by the name of the trunk, which is also its endpoint in calls. */
export function createTrunkPlans(
  { sip, trunks }: SipTrunksConfig,
  signer: Pick<CallSigner, "sign">,
): ReadonlyMap<string, TrunkPlan> {
  const plans = new Map<string, TrunkPlan>();
  for (const [name, trunk] of Object.entries(trunks)) {
    if (trunk.sip !== undefined) plans.set(name, createPlan(name, trunk.sip, sip, signer));
  }
  return plans;
}

function createPlan(name: string, config: SipTrunkConfig, sip: SipConfig, signer: Pick<CallSigner, "sign">): TrunkPlan {
  const { host, port, transport, outbound_proxy: proxy, username, password, realm, register, identity } = config;
  const carrier = port === undefined ? bracketed(host) : `${bracketed(host)}:${port}`;
  const headersOf = createCallHeaders(identity, {
    carrier,
    own: bracketed(config.from_domain ?? sip.public_host ?? sip.host),
    ...(username === undefined ? {} : { account: { username, registers: register !== undefined } }),
  });
  const credentials =
    username === undefined || password === undefined
      ? null
      : { username, password, ...(realm === undefined ? {} : { realm }) };
  const hop = hopOf(proxy ?? config, proxy?.transport ?? transport, connectionRules(name, config, sip));
  const routes: readonly HeaderLine[] = proxy === undefined ? [] : [["Route", routeTo(hop)]];
  const { sign, attestation } = identity;
  return {
    ...{ name, config, hop, credentials, routes },
    call({ callee, callerId, e164, failSafeSeconds, limitSeconds = failSafeSeconds }, id, nowMs, serviceRoute) {
      const { uri, from, to, contactUser, headers } = headersOf({ callee, callerId });
      const signature = sign && e164 !== undefined ? signer.sign(e164, attestation, nowMs) : none;
      return {
        ...{ id, hop, uri, from, to, contactUser },
        headers:
          routes.length + serviceRoute.length + signature.length === 0
            ? headers
            : [...routes, ...serviceRoute, ...headers, ...signature],
        ...(credentials === null ? {} : { credentials }),
        offers100rel: config.offer_100rel,
        expiresSeconds: limitSeconds,
        limitMs: limitSeconds * 1000,
      };
    },
  };
}

const none: readonly HeaderLine[] = [];

function hopOf(
  { host, port }: { readonly host: string; readonly port?: number },
  protocol: TransportProtocol | undefined,
  rules: ConnectionRules,
): NextHop {
  return { host, rules, ...(port === undefined ? {} : { port }), ...(protocol === undefined ? {} : { protocol }) };
}

function routeTo({ host, port, protocol }: NextHop): string {
  const transport = protocol === undefined ? "" : `;transport=${protocol}`;
  return `<sip:${bracketed(host)}${port === undefined ? "" : `:${port}`}${transport};lr>`;
}

function connectionRules(name: string, trunk: SipTrunkConfig, sip: SipConfig): ConnectionRules {
  const { ping_seconds: pingSeconds, reuse_connections: reuseInbound } = trunk;
  return {
    name,
    ...(pingSeconds === undefined ? {} : { pingSeconds }),
    ...(reuseInbound ? { reuseInbound } : {}),
    tls: clientTls(trunk, sip),
  };
}

/** A trunk's own certificates, and where it has none those of our own end. */
export function clientTls({ tls }: SipTrunkConfig, sip: SipConfig): NonNullable<ConnectionRules["tls"]> {
  const ca = tls?.ca ?? sip.tls?.ca;
  const own = tls?.certificate === undefined ? sip.tls : tls;
  const certificate = own?.certificate;
  const key = own?.private_key;
  const serverName = tls?.server_name;
  const certificateName = tls?.certificate_name;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined || key === undefined ? {} : { certificate, key }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(certificateName === undefined ? {} : { certificateName }),
  };
}

/** A host as URIs write it. */
export function bracketed(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}

/** For messages to operators: `TLS 192.0.2.1:5061`. */
export function targetText({ protocol, address, port }: Pick<Target, "protocol" | "address" | "port">): string {
  return `${protocol.toUpperCase()} ${bracketed(address)}:${port}`;
}
