/** Our own end of SIP: where it listens, its limits and timers. */
import { type Static, Type } from "typebox";
import { count, ms, optionalSection, secret, section, text } from "../../typed-yaml/parts.ts";
import { StirShaken } from "./identity-config.ts";

const address = "^[0-9a-fA-F.:]{2,45}$";
const hostPattern = "^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$|^[0-9a-fA-F.:]{2,45}$";
/** A certificate or a list of them; by a variable or NAME_FILE, as keys are. */
export const pem = (description: string) =>
  Type.String({ minLength: 100, maxLength: 65_536, description: `${description} PEM, by a variable or NAME_FILE.` });

/** Of a name or an address, IPv6 without brackets. */
export const hostText = (description: string) => text(hostPattern, "a host name or an IP address", { description });

const Tls = section(
  "TLS (SIPS transport) of our own end. Needed only to be reached over TLS, or by carriers that ask for a client certificate; trunks with `transport: tls` connect without it.",
  {
    port: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65_535,
        description: "TCP port to accept TLS connections on, usually 5061. Left out: none are accepted.",
      }),
    ),
    certificate: Type.Optional(
      pem("Our certificate with its intermediates; required with `port`. Sent as client certificate too."),
    ),
    private_key: Type.Optional(secret("Its private key, PEM, by a variable or NAME_FILE; required with it.", 100)),
    ca: Type.Optional(
      pem(
        "Authorities that carriers' certificates are checked against. Left out: those that Node.js was built with. With `port` a carrier that connects to us must then show a certificate of one of them.",
      ),
    ),
  },
);

const Hep = section(
  "Sends a copy of every SIP message of these trunks to a HEP collector (Homer, sngrep). The copies hold numbers in the clear.",
  {
    host: hostText("Host of the collector."),
    port: count(9060, 1, 65_535, "UDP port of the collector. 9060 is the usual port of HEP."),
    capture_id: count(2001, 0, 65_535, "Capture agent id in the packets; distinguishes gateways in the collector."),
    password: Type.Optional(secret("Sent in every packet, in the clear, where the collector asks for one.", 1)),
  },
);

export const Sip = section(
  "Our own end of SIP trunks (trunks with `sip`): the gateway places these calls itself, without an Asterisk. See docs/sip-trunks.md.",
  {
    host: text(address, "an IP address", {
      description:
        "Address to listen on and to send from, IPv4 or IPv6: of the network interface that reaches the carriers. Also what Via and Contact say, unless `public_host` is given.",
    }),
    public_host: Type.Optional(
      hostText(
        "Address or name under which carriers reach us, where it is not `host` (NAT, which must keep the port numbers). Written in Via, Contact, SDP.",
      ),
    ),
    host_ipv6: Type.Optional(
      text("^[0-9a-fA-F.:]{2,45}$", "an IPv6 address", {
        description: "A second address to listen on, for carriers reached over IPv6, where `host` is IPv4.",
      }),
    ),
    udp_port: count(
      5060,
      1,
      65_535,
      "UDP port. 5060 is SIP's default. Each gateway process on one host needs its own, and so does an Asterisk beside it.",
    ),
    tcp_port: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65_535,
        description:
          "TCP port to accept connections on. Left out: none are accepted. Our own connections to carriers do not need it.",
      }),
    ),
    tls: Type.Optional(Tls),
    max_concurrent_calls: count(
      2000,
      1,
      100_000,
      "Admission control: concurrent calls on all trunks with `sip` together, over all gateways. A ringing call takes about 10 KB of memory and nothing else.",
    ),
    calls_per_second: count(
      500,
      1,
      10_000,
      "Admission control: new calls per second (CPS) on all trunks with `sip` together, over all gateways. 500 is little more than a quarter of what one gateway carried in the benchmark (1,800, on two cores).",
    ),
    end_wait_ms: ms(
      5000,
      1000,
      35_000,
      "After our CANCEL or BYE: longest wait for the end of the call. Over UDP a CANCEL is retransmitted after 0.5, 1.5 and 3.5 s: 5 s cover three lost packets. A call without a final response by then may ring on: its outcome stands, and its callee is held.",
    ),
    refuse_status: count(
      486,
      403,
      603,
      "Final response, one of 403, 480, 486, 600 and 603, to inbound calls, all of which are refused unanswered. 486 plays the busy tone on every phone; after 403 and 480 some carriers try another route or play an announcement, and 603 is shown as a rejected call.",
    ),
    requests_per_source_per_second: count(
      200,
      1,
      100_000,
      "Requests outside of our own calls that are taken of one address a second, and as many at once. Of all addresses of a trunk together twice as many. Above it they get 503, far above it no answer. 200 inbound calls a second are more than one carrier brings.",
    ),
    limits: optionalSection("Limits on what is received and kept.", {
      message_bytes: count(
        16_384,
        2048,
        65_535,
        "Largest SIP message that is read; a single header, such as an Identity with rich call data, may take all of it. RFC 4475's longest test message has 4 KB.",
      ),
      transactions: count(
        100_000,
        1000,
        1_000_000,
        "SIP transactions of ours that wait at the same time, and those of carriers. Of several trunks none gets more than are free, so at most half. Over UDP each call keeps one more for 32 s (Timer D).",
      ),
      udp_request_bytes: count(
        1300,
        500,
        65_507,
        "Largest INVITE that is sent over UDP; a larger one goes over TCP to the same address. 1300 bytes are RFC 3261's limit where the path's MTU is not known. Raise it where a carrier takes no TCP and its INVITEs are signed (some 500 bytes more): larger ones are then sent in fragments, which some networks drop.",
      ),
      connections: count(
        256,
        1,
        10_000,
        "TCP and TLS connections at the same time, ours and those that carriers open each. One per carrier's address is enough.",
      ),
      connections_per_source: count(
        32,
        1,
        10_000,
        "Connections that one address of a carrier may have open to us; further ones are closed at once. An honest one has a few; 32 leave room for others in `connections`.",
      ),
      buffer_bytes: count(
        1_048_576,
        65_536,
        67_108_864,
        "What waits to be sent on one connection; calls beyond it fail over to another trunk. 1 MiB holds 700 INVITEs.",
      ),
    }),
    timers: optionalSection("Timers of RFC 3261 section 17 and of connections.", {
      t1_ms: ms(
        500,
        100,
        5000,
        "T1, the estimated round trip: the first retransmission over UDP; a request without any response fails after 64 times as long.",
      ),
      t2_ms: ms(4000, 500, 30_000, "T2, the longest interval between retransmissions."),
      t4_ms: ms(5000, 500, 30_000, "T4, how long a message can stay in the network."),
      connect_ms: ms(
        3000,
        100,
        30_000,
        "Deadline for opening a TCP or TLS connection; then the next address is tried.",
      ),
    }),
    trace_calls: count(
      0,
      0,
      10_000,
      "Newest call attempts of which the gateway keeps a trace in memory, for `onering trace`: message, time and far end, numbers masked; about 1 KB each. 0: none, as tracing takes about 6 µs of CPU a call.",
    ),
    hep: Type.Optional(Hep),
    identity: Type.Optional(StirShaken),
  },
);

export type SipConfig = Static<typeof Sip>;
export type HepConfig = NonNullable<SipConfig["hep"]>;
