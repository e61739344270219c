/** The phone hangs up: BYE inside the dialog (RFC 3261 section 15.1.1). */
import { readAddress, splitValues } from "../../sip/header.ts";
import { headerOf, headersOf } from "../../sip/message.ts";
import type { ReceivedRequest } from "../../sip/request-reading.ts";
import type { HeaderLine, OutgoingRequest } from "../../sip/transaction/port.ts";
import { isWritableUri } from "../../sip/write.ts";

/** @param request the INVITE of the call that ends @param toTag ours */
export function byeOf(request: ReceivedRequest, toTag: string): OutgoingRequest {
  const header = (name: string) => headerOf(request, name) ?? "";
  const contact = readAddress(splitValues(header("contact"))[0] ?? "")?.uri ?? "";
  return {
    method: "BYE",
    uri: isWritableUri(contact) ? contact : request.uri,
    headers: [
      // Section 12.1.1: the callee takes the route set in the order of the request.
      ...headersOf(request, "record-route").map((value): HeaderLine => ["Route", value]),
      ["From", `${header("to")};tag=${toTag}`],
      ["To", header("from")],
      ["Call-ID", header("call-id")],
      ["CSeq", "1 BYE"],
    ],
  };
}
