/** The SIP capture (HEP): evidence of the SIP messages on the wire. */
import { type Static, Type } from "typebox";
import { count, ms, secret, section, text } from "../../typed-yaml/parts.ts";

const address = "^[0-9a-fA-F.:]{2,45}$";
const addressOrBlock = "^[0-9a-fA-F.:]{2,45}(/[0-9]{1,3})?$";

export const SipCapture = section(
  "Copies of SIP messages that Asterisk sends here over HEP (hep.conf), for finer outcomes and exact times. Optional: calls work without it.",
  {
    host: text(address, "an IP address", {
      default: "127.0.0.1",
      description:
        "Address to listen on. A multicast group (239.…) if several gateways on one host share an Asterisk; it is joined on loopback only, where every local user can read the caller ID while the phone rings.",
    }),
    port: count(
      9060,
      1,
      65535,
      "UDP port, one for all Asterisk servers of this process. 9060 is the usual port of HEP.",
    ),
    allow_from: Type.Array(text(addressOrBlock, "an IP address or a CIDR block"), {
      default: [],
      maxItems: 100,
      description:
        "Addresses or CIDR blocks of Asterisk servers on other hosts, at most a /8 of IPv4 or a /7 of IPv6. Packets from this host are always accepted, from all other hosts dropped: a forged capture would falsify outcomes.",
    }),
    password: Type.Optional(
      secret(
        "`capture_password` that packets must carry. It is sent in the clear, so use it for nothing else. Set it where others share the network between Asterisk and gateway: the source address of a UDP packet proves little.",
        8,
      ),
    ),
    wait_ms: ms(
      1000,
      0,
      5000,
      "After the end of a call: longest wait for the end of its INVITE transaction. CANCEL is retransmitted after 500 ms (T1 of RFC 3261), so 1000 ms cover one lost packet and the round trip.",
    ),
    max_calls: count(
      20_000,
      100,
      200_000,
      "Calls that are tracked at the same time, about 1 KB each; above it the oldest is dropped. A PBX's own calls count too while they are new.",
    ),
    trace_calls: count(
      0,
      0,
      10_000,
      "Newest call attempts through an Asterisk of which the gateway keeps a trace in memory, for `onering trace`: message, time and far end, numbers masked; about 1 KB each, and as much for each of `max_calls` while it is up. 0: none.",
    ),
  },
);

export type SipCaptureConfig = Static<typeof SipCapture>;
