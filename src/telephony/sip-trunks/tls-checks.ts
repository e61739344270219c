/** Certificates and keys of our own end and of trunks: whether they are whole, readable, and used. */
import { createPrivateKey, X509Certificate } from "node:crypto";
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
  const expected = "a value: accepting TLS connections (`port`) needs a certificate and its key";
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
  const problems = certificate === undefined || key === undefined ? [] : pairProblems(path, certificate, key);
  if (ca !== undefined && failureOf(() => new X509Certificate(ca)) !== null) {
    const expected = "certificates of authorities in PEM";
    problems.push({ path: [...path, "ca"], given: "what is no certificate", expected });
  }
  return problems;
}

function pairProblems(path: Path, certificate: string, key: string): Problem[] {
  const problem = (name: keyof Pems, given: string, expected: string, message?: string) => [
    { path: [...path, name], given, expected, ...(message !== undefined && { message }) },
  ];
  if (failureOf(() => new X509Certificate(certificate)) !== null) {
    return problem("certificate", "what is no certificate", "a certificate in PEM, before its intermediates");
  }
  if (failureOf(() => createPrivateKey(key)) !== null) {
    return problem("private_key", "what cannot be read as one", "a private key in PEM, without a passphrase");
  }
  // A context takes an RSA certificate with an EC key: it compares only keys of one kind.
  if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) {
    const message = "the certificate and the private key do not belong together";
    return problem("certificate", "the certificate of another key", "the certificate of `private_key`", message);
  }
  const why = failureOf(() => createSecureContext({ cert: certificate, key }));
  return why === null ? [] : problem("certificate", `what cannot be used (${why})`, "a certificate that TLS accepts");
}

/** OpenSSL's reason, which quotes nothing of the PEM text: `ee key too small` of `error:0A00018F:SSL routines::ee key too small`. */
function failureOf(read: () => unknown): string | null {
  try {
    read();
    return null;
  } catch (error) {
    return error instanceof Error ? (error.message.split("::").at(-1) ?? "") : "unknown error";
  }
}
