import { parseMessage } from "../../../src/sip/message.ts";
import { type ReceivedRequest, readRequest } from "../../../src/sip/request-reading.ts";

/** A datagram as a server reads it; null where it is no request to act on. */
export function parseRequest(datagram: Buffer): ReceivedRequest | null {
  const message = parseMessage(datagram);
  return message?.kind === "request" ? readRequest(message) : null;
}
