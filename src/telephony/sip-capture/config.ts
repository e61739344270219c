/** The SIP capture: evidence of what went over the wire. */
import { type Static, Type } from "typebox";
import { count, ms, secret, section, text } from "../../typed-yaml/parts.ts";

const address = "^[0-9a-fA-F.:]{2,45}$";
const addressOrBlock = "^[0-9a-fA-F.:]{2,45}(/[0-9]{1,3})?$";

export const SipCapture = section(
  "Copies of SIP messages that Asterisk sends here (hep.conf), for finer outcomes and exact times. Without this section there is no capture and calls work all the same.",
  {
    host: text(address, "an IP address", {
      default: "127.0.0.1",
      description:
        "Address to listen on. A multicast group (239.…) where several gateways on one host share an Asterisk: it is joined on loopback alone.",
    }),
    port: count(9060, 1, 65535, "UDP port. One for all Asterisks of this process. 9060 is what HEP tools use."),
    allow_from: Type.Array(text(addressOrBlock, "an IP address or a CIDR block"), {
      default: [],
      maxItems: 100,
      description:
        "Addresses or CIDR blocks of Asterisks on other hosts. From this host packets are always taken, from anywhere else never: forged evidence must not get in.",
    }),
    password: Type.Optional(
      secret(
        "What packets must carry as `capture_password`. It travels in the clear; use it where others share the network between Asterisk and gateway, because a UDP sender's address proves little.",
        8,
      ),
    ),
    wait_ms: ms(
      1000,
      0,
      5000,
      "After a call ended: longest wait to see its INVITE over. Our CANCEL is sent again after 500 ms (T1 of RFC 3261), so this covers one lost packet and the path there and back.",
    ),
    max_calls: count(
      20_000,
      100,
      200_000,
      "Calls that are followed at once, about 1 KB each; beyond that the oldest is forgotten. A PBX's own calls count while they are young.",
    ),
  },
);

export type SipCaptureConfig = Static<typeof SipCapture>;
