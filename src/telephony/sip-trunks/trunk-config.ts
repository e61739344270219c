/** A trunk that the gateway reaches over SIP itself: where the carrier is, the account, and what its headers must say. */
import { type Static, Type } from "typebox";
import { seconds, secret, section, text } from "../../typed-yaml/parts.ts";
import { hostText, pem } from "./config.ts";
import { TrunkIdentity } from "./identity-config.ts";

const transport = (description: string) =>
  Type.Optional(Type.Union([Type.Literal("udp"), Type.Literal("tcp"), Type.Literal("tls")], { description }));
const port = (description: string) => Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description }));
const OutboundProxy = section("Where requests are sent instead of to `host`, which stays in their URIs.", {
  host: hostText("Name or IP address of the proxy."),
  port: port("Its port. Left out: SRV records decide, as for `host`."),
  transport: transport("Its transport. Left out: as `transport` of the trunk."),
});

const Register = section("Registers the account with the carrier (RFC 3261 section 10); needs `username`.", {
  expires_seconds: seconds(
    300,
    60,
    86_400,
    "Requested lifetime of the registration; it is renewed before its end. Carriers may shorten it.",
  ),
});

export const SipTrunk = section(
  "The carrier, reached by the gateway itself over SIP, without an Asterisk. Needs the section `sip`. See docs/sip-trunks.md.",
  {
    host: hostText(
      "Name or IP address of the carrier. Of a name without `port`, NAPTR and SRV records decide (RFC 3263): order, weights and failover of its servers are the carrier's.",
    ),
    port: port("Port of the carrier. Left out: by SRV records, else 5060 (TLS: 5061)."),
    transport: transport(
      "Transport. Left out: by NAPTR records, else by SRV records, else UDP (with `port`: UDP). TCP or TLS is recommended: less CPU per call, and no limit on message size.",
    ),
    outbound_proxy: Type.Optional(OutboundProxy),
    username: Type.Optional(
      text("^[A-Za-z0-9_.!~*'()+@-]{1,100}$", "1 to 100 letters, digits or _ . ! ~ * ' ( ) + @ -", {
        description: "Account, for challenges (digest) and registration. Left out: the carrier knows us by address.",
      }),
    ),
    password: Type.Optional(secret("Password of `username`. Sent as a digest, never in the clear.", 1)),
    realm: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description:
          "Realm whose challenges are answered. Left out: any; set it where a proxy of others is in the path.",
      }),
    ),
    register: Type.Optional(Register),
    from_domain: Type.Optional(
      hostText(
        "Our domain in From and P-Asserted-Identity. Left out: the address that we send from (`sip.public_host`, `sip.host`); carriers with accounts expect `host` or a domain of theirs.",
      ),
    ),
    identity: TrunkIdentity,
    offer_100rel: Type.Boolean({
      default: false,
      description:
        "Whether INVITEs offer reliable provisional responses (RFC 3262, `Supported: 100rel`): the carrier then repeats its 180 until our PRACK. Set it on a UDP trunk that loses packets and whose carrier supports it: a 180 that is lost is otherwise not repeated, and the call ends as `no_answer_signal` though the phone rang. What the carrier sends reliably is acknowledged in either case.",
    }),
    qualify_seconds: seconds(
      30,
      0,
      3600,
      "Interval of OPTIONS to the carrier, whose answer shows that it is up. 0: none are sent, and a trunk that is down is detected only when calls fail.",
    ),
    ping_seconds: Type.Optional(
      Type.Integer({
        minimum: 5,
        maximum: 600,
        description:
          "Interval of keep-alives (RFC 5626, CRLF): over UDP they keep a NAT open; a TCP or TLS connection that returns none within 10 s is closed. Set it where the carrier answers them. Left out: none are sent.",
      }),
    ),
    reuse_connections: Type.Boolean({
      default: false,
      description:
        "Whether our requests may go over a TCP or TLS connection that the carrier opened to us (RFC 5923), where none of ours is open. Set it where the carrier's firewall lets nothing in. Over TLS its certificate must be the one that we would ask for. Default: no, so that one who only connects gets no calls.",
    }),
    tls: Type.Optional(
      section("TLS towards this carrier.", {
        server_name: Type.Optional(
          hostText(
            "Name sent as SNI, and that the carrier's certificate must have (RFC 5922). Left out: `host`, or that of `outbound_proxy`.",
          ),
        ),
        certificate_name: Type.Optional(
          text("^(\\*\\.)?[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$", "a host name, perhaps with *. before it", {
            description:
              "Name that the carrier's certificate must have instead, exactly as it is there. For a wildcard certificate, which RFC 5922 does not match by itself: `*.carrier.example`. Left out: `server_name`.",
          }),
        ),
        ca: Type.Optional(pem("Authorities for this carrier's certificate. Left out: `sip.tls.ca`.")),
        certificate: Type.Optional(pem("Client certificate for this carrier. Left out: `sip.tls.certificate`.")),
        private_key: Type.Optional(
          secret("Its private key, PEM, by a variable or NAME_FILE; required with `certificate`.", 100),
        ),
        client_names: Type.Optional(
          Type.Array(hostText("A host name."), {
            minItems: 1,
            maxItems: 20,
            uniqueItems: true,
            description:
              "Names one of which the carrier's certificate must have where it connects to us (`sip.tls.port`). Left out: its address alone decides.",
          }),
        ),
      }),
    ),
    sources: Type.Optional(
      Type.Array(text("^[0-9a-fA-F.:]{2,45}(/[0-9]{1,3})?$", "an IP address or a CIDR block"), {
        minItems: 1,
        maxItems: 100,
        description:
          "Addresses from which this carrier sends requests, beside those of `host` and of its `outbound_proxy`; all others get no answer.",
      }),
    ),
    domains: Type.Optional(
      Type.Array(hostText("A host name or address."), {
        minItems: 1,
        maxItems: 20,
        uniqueItems: true,
        description:
          "Hosts of the Request-URI, or else of To, that mean this trunk in the carrier's calls to us. Needed only where two trunks share an address and no registration or certificate tells them apart; each then has its own.",
      }),
    ),
  },
);

export type SipTrunkConfig = Static<typeof SipTrunk>;
