/** A caller by hand: writes requests, hands them to a carrier, keeps what comes back. */
import { defaultTimings } from "../../../src/sandbox/carrier/behaviours.ts";
import { CarrierCore } from "../../../src/sandbox/carrier/carrier.ts";
import { Phone } from "../../../src/sandbox/phone.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { type ParsedMessage, parseMessage } from "../../../src/sip/message.ts";
import type { Flow } from "../../../src/sip/transport/port.ts";
import { ManualClock } from "../../support/manual-clock.ts";

export const offer =
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0\r\n";

export interface RequestOptions {
  readonly method?: string;
  readonly callee?: string;
  readonly branch?: string;
  readonly callId?: string;
  readonly toTag?: string;
  readonly cseq?: number;
  readonly extra?: readonly string[];
  readonly body?: string;
}

export function request(options: RequestOptions = {}): string {
  const { method = "INVITE", callee = "+447400123456", branch = "z9hG4bKone", callId = "call-1", cseq = 1 } = options;
  const cseqMethod = method;
  const body = options.body ?? (method === "INVITE" ? offer : "");
  return [
    `${method} sip:${callee}@127.0.0.1:5070 SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:5999;rport;branch=${branch}`,
    "Max-Forwards: 70",
    'From: "OneRing" <sip:+33639981234@127.0.0.1>;tag=caller',
    `To: <sip:${callee}@127.0.0.1>${options.toTag ? `;tag=${options.toTag}` : ""}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} ${cseqMethod}`,
    ...(options.extra ?? []),
    `Content-Length: ${body.length}`,
    "",
    body,
  ].join("\r\n");
}

export function carrier() {
  const clock = new ManualClock();
  const sent: string[] = [];
  const sentAudio: Buffer[] = [];
  const phone = new Phone();
  const flow: Flow = {
    ...{ protocol: "udp", reliable: false, open: true, sentBy: "127.0.0.1:5070" },
    remote: { address: "127.0.0.1", port: 5999 },
    send: (message) => sent.push(message) > 0,
  };
  let receive = (_message: ParsedMessage, _flow: Flow, _atMs: number) => {};
  const core = new CarrierCore({
    clock,
    random: cryptoRandom,
    timings: defaultTimings,
    local: { address: "127.0.0.1", mediaPort: 4002 },
    transports: {
      onMessage(receiver) {
        receive = receiver;
      },
      onClosed() {},
      replyTo: () => flow,
    },
    transmitAudio: (datagram) => sentAudio.push(datagram),
    onChange: (call) => phone.update(call),
  });
  return {
    clock,
    core,
    phone,
    sent,
    sentAudio,
    send(text: string) {
      const message = parseMessage(Buffer.from(text, "latin1"));
      if (message !== null) receive(message, flow, clock.nowMs());
    },
    /** Status codes sent so far. */
    statuses: () => sent.map((response) => Number(/^SIP\/2\.0 (\d+)/.exec(response)?.[1])),
    toTag: () => /^To: .*;tag=([^;\r\n]+)/m.exec(sent.at(-1) ?? "")?.[1] ?? "",
    state: () => phone.calls()[0]?.state,
  };
}
