/** TLS 1.2 and 1.3 (RFC 3261 section 26.3.1): whose certificate is accepted (RFC 5922). */
import { isIP } from "node:net";
import {
  type ConnectionOptions,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
  type TlsOptions,
} from "node:tls";
import { canonical } from "./own-address.ts";
import type { ConnectionRules, RenewableTransports, Target } from "./port.ts";
import { WrongName } from "./tls-failure.ts";

type TlsPems = Parameters<RenewableTransports["renewTls"]>[0];

const versions = { minVersion: "TLSv1.2", maxVersion: "TLSv1.3" } as const;

/** One a trunk: to read CA files takes milliseconds. */
const contexts = new WeakMap<ConnectionRules, SecureContext>();
let standard: SecureContext | null = null;

function contextOf(rules: ConnectionRules | undefined): SecureContext {
  if (rules?.tls === undefined) {
    standard ??= createSecureContext(versions);
    return standard;
  }
  const known = contexts.get(rules);
  if (known !== undefined) return known;
  const made = newContext(rules.tls);
  contexts.set(rules, made);
  return made;
}

/**
 * Reads other PEM texts for these rules.
 * @returns puts them into use: for connections that are opened from then on; those that are open stay as they are
 * @throws where a text cannot be read
 */
export function renewClientTls(rules: ConnectionRules, pems: NonNullable<ConnectionRules["tls"]>): () => void {
  const context = newContext(pems);
  return () => void contexts.set(rules, context);
}

function newContext({ ca, certificate: cert, key }: NonNullable<ConnectionRules["tls"]>): SecureContext {
  return createSecureContext({ ...versions, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) });
}

/** What the certificate of a target must be for. */
export function certificateName({ address, serverName, rules }: Target): string {
  const name = rules?.tls?.certificateName ?? rules?.tls?.serverName ?? serverName ?? address;
  return canonical(name.toLowerCase().replace(/\.$/, ""));
}

/** @throws where the rules' PEM texts cannot be read */
export function clientOptions(target: Target): ConnectionOptions {
  const { address, serverName, rules } = target;
  const name = rules?.tls?.serverName ?? serverName ?? address;
  const expected = certificateName(target);
  return {
    secureContext: contextOf(rules),
    // RFC 6066: an address is no server name.
    servername: isIP(name) === 0 ? name : "",
    rejectUnauthorized: true,
    checkServerIdentity: (_host, certificate) =>
      isFor(certificate, expected) ? undefined : new WrongName(namesOf(certificate), expected),
  };
}

/** @throws where the PEM texts cannot be read */
export function serverOptions({ certificate, key, clientCa }: TlsPems, handshakeMs: number): TlsOptions {
  const mutual = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  return { ...versions, cert: certificate, key, handshakeTimeout: handshakeMs, ...mutual };
}

/**
 * Whether a certificate is for this name, which is in lower case. RFC 5922 sections 7.1 and 7.2: a subjectAltName with the domain, as DNS name or as SIP URI without a user, compared without
 * regard to case; wildcards match nothing but a name that is configured with the same asterisk. Where the configuration has an
 * address, a subjectAltName with that address. The subject's common name does not count.
 */
export function isFor(certificate: Pick<PeerCertificate, "subjectaltname">, name: string): boolean {
  return namesOf(certificate).includes(name);
}

/** What a certificate is for: domains in lower case, and addresses. */
function namesOf({ subjectaltname = "" }: Pick<PeerCertificate, "subjectaltname">): string[] {
  return alternativeNames(subjectaltname).flatMap(([kind, value]) => {
    if (kind === "IP Address") return isIP(value) === 0 ? [] : [canonical(value)];
    // A name that looks like an address is none.
    const domain = (
      kind === "DNS" ? value : kind === "URI" ? (/^sip:([^@;?/]+)$/i.exec(value)?.[1] ?? "") : ""
    ).toLowerCase();
    return domain === "" || isIP(domain) !== 0 ? [] : [domain];
  });
}

/** Of a far end whose certificate was verified; none of one that showed none. */
export function verifiedNames(socket: TLSSocket): readonly string[] {
  // Null once the socket is destroyed, whatever its type says.
  const certificate: PeerCertificate | null = socket.authorized ? socket.getPeerCertificate() : null;
  return certificate === null ? [] : namesOf(certificate);
}

/** When the certificate that a far end showed ends; undefined: it showed none. */
export function certificateEnd(socket: TLSSocket): number | undefined {
  const endsAtMs = Date.parse(socket.getPeerCertificate().valid_to ?? "");
  return Number.isNaN(endsAtMs) ? undefined : endsAtMs;
}

/** Node's text of them: `DNS:a.example, IP Address:192.0.2.1`; what holds a comma or quotes is in quotes, and is none of ours. */
function alternativeNames(text: string): (readonly [kind: string, value: string])[] {
  if (text.includes('"')) return [];
  return text.split(", ").map((entry) => {
    const at = entry.indexOf(":");
    return [entry.slice(0, at), entry.slice(at + 1)];
  });
}
