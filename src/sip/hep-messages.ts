/** Which messages a packet of HEP holds. */
import { callIdOf } from "./call-id.ts";
import { createStreamFraming } from "./framing.ts";
import type { HepPacket } from "./hep.ts";

const blankLine = "\r\n\r\n";

/**
 * The messages of the packet's Call-ID. Mostly one; but of messages that came over TCP or TLS in one piece, Asterisk's
 * res_hep_pjsip (22.10.1) sends the whole piece once for each: each packet has its own message's Call-ID and all the messages.
 * So those of one Call-ID come as often as they are many.
 * @returns at least one, complete; a view of the packet where it holds one message only
 */
export function messagesOf({ sip, callId }: HepPacket): readonly Buffer[] {
  // Bodies of SDP have no blank line: most packets end here.
  const headEnd = sip.indexOf(blankLine, 0, "latin1");
  if (headEnd < 0 || sip.indexOf(blankLine, headEnd + blankLine.length, "latin1") < 0) return [sip];
  const messages: Buffer[] = [];
  const framing = createStreamFraming({
    message({ rest }, head) {
      if (callIdOf(head) === callId) messages.push(Buffer.from(`${head}\r\n${rest}`, "latin1"));
    },
    ping: () => undefined,
    malformed: () => undefined,
  });
  framing.push(sip);
  return messages.length > 0 ? messages : [sip];
}
