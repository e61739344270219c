/** The Asterisk servers that place the calls. */
import { type Static, Type } from "typebox";
import { count, ms, secret, section, text } from "../../typed-yaml/parts.ts";

export const Asterisk = section("One Asterisk server, version 20 or newer (22.10.1 recommended).", {
  driver: Type.Union([Type.Literal("ari-websocket"), Type.Literal("ari-client"), Type.Literal("asterisk-manager")], {
    default: "ari-websocket",
    description: "Interface by which calls are controlled; docs/drivers.md compares them.",
  }),
  ari_url: Type.Optional(
    text("^https?://[^\\s]+$", "an address that starts with http:// or https://", {
      description:
        "Base URL of ARI, for instance http://127.0.0.1:8088; required by the ARI drivers. Requests carry the password: keep it on loopback or use TLS.",
    }),
  ),
  ari_user: Type.Optional(Type.String({ minLength: 1, description: "User in ari.conf." })),
  ari_password: Type.Optional(secret("Password of ari_user.", 1)),
  ari_app: text("^[A-Za-z0-9_-]{1,40}$", "1 to 40 letters, digits, - or _", {
    default: "onering",
    description:
      "Name of the Stasis application, and prefix of the ids of our channels (over AMI too). Each gateway process on one Asterisk needs its own.",
  }),
  ami: Type.Optional(
    section(
      "AMI monitors the trunks (contacts, registrations, restarts). Without it a trunk that is down is detected only when calls fail. The driver asterisk-manager also places calls over AMI, on a connection of its own.",
      {
        host: Type.String({ default: "127.0.0.1", description: "Host of the AMI port." }),
        port: count(5038, 1, 65535, "TCP port of AMI. 5038 is Asterisk's default."),
        user: Type.String({
          minLength: 1,
          description:
            "User in manager.conf. Needs `read = system` and `write = reporting,system`; with the driver asterisk-manager `read = system,call,user` and `write = system,reporting,originate`.",
        }),
        password: secret("Secret of that user.", 1),
      },
    ),
  ),
  request_timeout_ms: ms(
    5000,
    100,
    60_000,
    "Deadline of every request to Asterisk. A healthy one answers within milliseconds; one that takes 5 s is stalled.",
  ),
  max_concurrent_calls: count(
    500,
    1,
    10_000,
    "Admission control: concurrent calls on this Asterisk, over all gateways. A ringing call takes 1 thread, 2 UDP ports and about 4 file descriptors: 500 calls need about 2000, above the usual limit of 1024 (LimitNOFILE).",
  ),
  calls_per_second: count(
    200,
    1,
    10_000,
    "Admission control: new calls per second (CPS) on this Asterisk, over all gateways. 200 is less than half of the lowest rate that two cores carried in the benchmark (500 to 900, at 2 to 4 ms of CPU a call).",
  ),
});

export type AsteriskConfig = Static<typeof Asterisk>;
export type AmiConfig = NonNullable<AsteriskConfig["ami"]>;
