/** Telephone numbers in the headers and URIs of requests. */
import { readAddress, splitValues, userOf } from "../../sip/header.ts";
import { headerOf, type SipRequestMessage } from "../../sip/message.ts";

type Headers = Pick<SipRequestMessage, "headers">;

/** Who is called: the user part of the request's URI, as it came ("+447400123456"). */
export function calleeOf(request: Pick<SipRequestMessage, "uri">): string {
  return userOf(request.uri) ?? "unknown";
}

/** Who calls, as a phone behind a carrier would show it: P-Asserted-Identity (RFC 3325), else From. */
export function callerIdOf(request: Headers): string {
  const asserted = headerOf(request, "p-asserted-identity");
  return (asserted && userIn(asserted)) || userIn(headerOf(request, "from") ?? "") || "anonymous";
}

/** The user in `"Name" <sip:user@host>;tag=…`, `sip:user@host` or `tel:user`; null where there is none. */
function userIn(value: string): string | null {
  const address = readAddress(splitValues(value)[0] ?? "");
  return address === null ? null : userOf(address.uri);
}
