/** Why a TLS connection did not come about, in words for operators: what the certificate says, what was wanted, what to do. */
import { isIP } from "node:net";
import { FlowError } from "./port.ts";

/**
 * What is read of a certificate, and of those above it, as Node's `getPeerCertificate(true)` has it: an authority's own leads to
 * itself. Far ends write it: nothing of it is trusted, or written at full length.
 */
export interface ShownCertificate {
  readonly valid_from: string;
  readonly valid_to: string;
  readonly subject: DistinguishedName;
  readonly issuer: DistinguishedName;
  readonly issuerCertificate?: ShownCertificate | undefined;
}
type DistinguishedName = Readonly<Partial<Record<"CN" | "O", string | string[]>>>;

/** The far end's certificate is valid, and not for the name that is wanted. */
export class WrongName extends Error {
  readonly names: readonly string[];
  readonly wanted: string;
  constructor(names: readonly string[], wanted: string) {
    super(`the certificate is for ${listed(names)}, wanted ${wanted}`);
    this.names = names;
    this.wanted = wanted;
  }
}

/** A handshake that the far end, or what is in between, ended without a word. */
export function tlsClosed(): FlowError {
  return new FlowError("tls", closedByFarEnd, { fix: wrongPort });
}

/**
 * @param error of Node's TLS socket
 * @param shown undefined: the far end showed none
 * @param nowMs of this machine's clock, by which certificates are judged
 */
export function tlsFailed(error: Error, shown: ShownCertificate | undefined, nowMs = Date.now()): FlowError {
  if (error instanceof WrongName) return new FlowError("tls", error.message, { fix: nameFix(error) });
  const { code = "" } = error as NodeJS.ErrnoException;
  if (shown !== undefined) {
    const certificates = chainOf(shown);
    if (code === "CERT_HAS_EXPIRED") return expired(certificates, nowMs);
    if (code === "CERT_NOT_YET_VALID") return notYetValid(certificates, nowMs);
    if (unknownAuthority.has(code)) {
      return new FlowError("tls", `${error.message}: issued by ${nameIn(shown.issuer)}`, { fix: authorityFix });
    }
  }
  const detail = textOf(error);
  const isNoTls = code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ECONNRESET";
  return new FlowError("tls", detail, { fix: isNoTls ? wrongPort : alertFix(detail) });
}

/** OpenSSL's text has file names and line numbers around its reason. */
export function textOf(error: Error): string {
  const { reason = error.message } = error as Error & { readonly reason?: string };
  return reason;
}

/**
 * What to do where the far end took the connection and ended it, by an alert (RFC 8446 section 6.2) or without; null: that says nothing of
 * TLS. With TLS 1.3 it judges our certificate when for us the connection is open already.
 */
export function brokenFix(reason: string): string | null {
  return alertFix(reason) ?? (reason.includes(closedByFarEnd) ? closedFix : null);
}

function alertFix(reason: string): string | null {
  return /alert.*(certificate|unknown ca)/.test(reason) ? clientFix : null;
}

/** Of a connection that the far end closed, and the reason of its flow. */
export const closedByFarEnd = "closed by the far end";

const wrongPort =
  "Check that this port of the carrier speaks TLS (5061 usually does, 5060 does not), that it knows this machine's address, and whether it wants a client certificate (tls.certificate of the trunk).";
const clientFix =
  "The carrier does not take our certificate: ask which one it wants, and give it as tls.certificate and tls.private_key of the trunk.";
const closedFix =
  "Carriers close a TLS connection at once where they want a client certificate (tls.certificate and tls.private_key of the trunk), or do not know this machine's address: ask them.";
const authorityFix =
  "If that is the carrier's authority, give its certificate as tls.ca of the trunk; an authority that all know means that the carrier does not send its intermediate certificates.";

/** OpenSSL's X509_V_ERR_… as Node names them. */
const unknownAuthority = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

function expired(certificates: readonly ShownCertificate[], nowMs: number): FlowError {
  const at = certificates.findIndex(({ valid_to: end }) => Date.parse(end) <= nowMs);
  const certificate = certificates[Math.max(at, 0)];
  const endMs = Date.parse(certificate?.valid_to ?? "");
  const fix = `The carrier has to renew it; until then it gets no calls over TLS. ${clockFix(nowMs)}`;
  return new FlowError("tls", `${whose(certificate, at)} expired on ${dateOf(endMs)}`, {
    ...{ fix, ...(Number.isNaN(endMs) ? {} : { certificateExpiresAtMs: endMs }) },
  });
}

function notYetValid(certificates: readonly ShownCertificate[], nowMs: number): FlowError {
  const at = certificates.findIndex(({ valid_from: from }) => Date.parse(from) > nowMs);
  const certificate = certificates[Math.max(at, 0)];
  const from = dateOf(Date.parse(certificate?.valid_from ?? ""));
  const fix = `${clockFix(nowMs)} Otherwise the carrier has to install one that is valid now.`;
  return new FlowError("tls", `${whose(certificate, at)} is not yet valid: it begins on ${from}`, { fix });
}

function whose(certificate: ShownCertificate | undefined, at: number): string {
  return at > 0 && certificate !== undefined
    ? `the certificate of its authority ${nameIn(certificate.subject)}`
    : "the certificate";
}

const clockFix = (nowMs: number) => `This machine's clock says ${dateOf(nowMs)}: if that is wrong, set it (NTP).`;

function nameFix({ names, wanted }: WrongName): string {
  const wildcard = names.find((name) => name.startsWith("*.") && wanted.replace(/^[^.]+/, "*") === name);
  if (wildcard !== undefined) {
    return `A wildcard counts only where it is named: set tls.certificate_name of the trunk to "${shortened(wildcard)}".`;
  }
  const named = isIP(wanted) === 0 ? "tls.server_name or tls.certificate_name" : "its host, or tls.server_name,";
  return `If the carrier says that this is its name, set ${named} of the trunk to it; otherwise another server answers there.`;
}

/** From the far end's own to its authorities. */
function chainOf(shown: ShownCertificate): readonly ShownCertificate[] {
  const chain = new Set<ShownCertificate>();
  for (let at: ShownCertificate | undefined = shown; at !== undefined && !chain.has(at); at = at.issuerCertificate) {
    chain.add(at);
  }
  return [...chain];
}

function dateOf(ms: number): string {
  return Number.isNaN(ms) ? "an unknown date" : new Date(ms).toISOString().slice(0, 10);
}

/** The common name, else the organization. */
function nameIn({ CN, O }: DistinguishedName): string {
  const name = [CN ?? O ?? []].flat()[0];
  return name === undefined ? "an authority without a name" : `"${shortened(name)}"`;
}

const shownNames = 4;

function listed(names: readonly string[]): string {
  if (names.length === 0) return "no domain and no address (a common name does not count)";
  const more = names.length > shownNames ? ` and ${names.length - shownNames} more` : "";
  return names.slice(0, shownNames).map(shortened).join(", ") + more;
}

/** For logs and terminals. */
const shortened = (text: string) => text.slice(0, 80).replaceAll(/[^\x20-\x7e]/g, "?");
