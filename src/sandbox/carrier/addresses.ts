/** Telephone numbers in SIP headers and URIs. */
import { headerOf, type SipRequest } from "./message.ts";

/** Who is called: the user part of the request's URI, as it came ("+447400123456"). */
export function calleeOf(request: SipRequest): string {
  return userOf(request.uri) ?? "unknown";
}

/** Who calls, as a phone behind a carrier would show it: P-Asserted-Identity (RFC 3325), else From. */
export function callerIdOf(request: SipRequest): string {
  const asserted = headerOf(request, "p-asserted-identity");
  return (asserted && userOf(asserted)) || userOf(headerOf(request, "from") ?? "") || "anonymous";
}

/** The user part of `"Name" <sip:user@host>;tag=…`, `sip:user@host` or `tel:user`; null where there is none. */
export function userOf(address: string): string | null {
  const plain = address.replace(/^\s*"(?:[^"\\]|\\.)*"/, "");
  const uri = /<([^>]*)>/.exec(plain)?.[1] ?? plain;
  const user = /^\s*(?:sips?:([^@;:]{1,64})[^@]*@|tel:([^;]{1,64}))/i.exec(uri);
  const text = user?.[1] ?? user?.[2];
  return text && /^[!-~]+$/.test(text) ? text : null;
}
