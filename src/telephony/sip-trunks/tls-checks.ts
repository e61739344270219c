/** Certificates and keys of our own end and of trunks: whether they are whole, readable, and used. */
import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { IsSound } from "../../typed-yaml/cross-check.ts";
import type { Path, Problem } from "../../typed-yaml/errors.ts";
import type { SipConfig } from "./config.ts";
import type { SipTrunkConfig } from "./trunk-config.ts";

interface Pems {
  readonly certificate?: string;
  readonly private_key?: string;
  readonly ca?: string;
}

export function ownTlsProblems({ sip }: { readonly sip?: SipConfig }, isSound: IsSound): Problem[] {
  const path = ["sip", "tls"];
  const tls = sip?.tls;
  if (tls === undefined || !isSound(path)) return [];
  const found = pemProblems(path, tls);
  if (found.length > 0 || tls.port === undefined || tls.certificate !== undefined) return found;
  const expected = "a value: to accept TLS connections (`port`) takes a certificate and its key";
  return [{ path: [...path, "certificate"], given: "nothing", expected }];
}

/** @param own the section `sip.tls`; null: it has problems of its own */
export function trunkTlsProblems(path: Path, trunk: SipTrunkConfig, own: SipConfig["tls"] | null): Problem[] {
  const { tls, transport, outbound_proxy: proxy } = trunk;
  if (tls === undefined) return [];
  const at = [...path, "tls"];
  const found = pemProblems(at, tls);
  if (found.length > 0) return found;
  const used = proxy?.transport ?? transport;
  if (used !== undefined && used !== "tls") {
    return [{ path: at, given: `a section, with transport ${used}`, expected: "transport: tls, or no section tls" }];
  }
  const isAsked = own === null || (own?.port !== undefined && own.ca !== undefined);
  if (tls.client_names === undefined || isAsked) return [];
  const expected = "`sip.tls.port` and `sip.tls.ca` too: only with them a carrier that connects shows a certificate";
  return [{ path: [...at, "client_names"], given: "names", expected }];
}

function pemProblems(path: Path, { certificate, private_key: key, ca }: Pems): Problem[] {
  if ((certificate === undefined) !== (key === undefined)) {
    return [{ path, given: "one of them", expected: "both certificate and private_key, or neither" }];
  }
  const problems: Problem[] = [];
  if (certificate !== undefined && key !== undefined) {
    const why = failureOf(() => createSecureContext({ cert: certificate, key }));
    const expected = "a certificate and its own private key without a passphrase, both in PEM";
    if (why !== null) problems.push({ path: [...path, "certificate"], given: `what cannot be used: ${why}`, expected });
  }
  if (ca !== undefined) {
    const why = failureOf(() => new X509Certificate(ca));
    const expected = "certificates of authorities in PEM";
    if (why !== null) problems.push({ path: [...path, "ca"], given: `what cannot be read: ${why}`, expected });
  }
  return problems;
}

/** OpenSSL's reason, which quotes nothing of the PEM text. */
function failureOf(read: () => unknown): string | null {
  try {
    read();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : "unknown error";
  }
}
