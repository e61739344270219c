/** The Asterisks that place the calls. */
import { type Static, Type } from "typebox";
import { count, ms, secret, section, text } from "../../typed-yaml/parts.ts";

export const Asterisk = section("One Asterisk, 20 or newer (22.10.1 advised).", {
  driver: Type.Union([Type.Literal("ari-websocket"), Type.Literal("ari-client"), Type.Literal("asterisk-manager")], {
    default: "ari-websocket",
    description: "How calls are controlled; docs/drivers.md compares them.",
  }),
  ari_url: Type.Optional(
    text("^https?://[^\\s]+$", "an address that starts with http:// or https://", {
      description:
        "Base of ARI, needed by the drivers that speak it; for instance http://127.0.0.1:8088. Keep it on loopback or behind TLS.",
    }),
  ),
  ari_user: Type.Optional(Type.String({ minLength: 1, description: "User in ari.conf." })),
  ari_password: Type.Optional(secret("Its password.", 1)),
  ari_app: text("^[A-Za-z0-9_-]{1,40}$", "1 to 40 letters, digits, - or _", {
    default: "onering",
    description:
      "Name of the Stasis application, and the start of the ids of our channels (over AMI too); each gateway process on one Asterisk needs its own.",
  }),
  ami: Type.Optional(
    section(
      "AMI watches the trunks (contacts, registrations, restarts). Without it a dead trunk shows only when calls fail. The driver asterisk-manager places the calls by it too, on a connection of its own.",
      {
        host: Type.String({ default: "127.0.0.1", description: "Address of the manager port." }),
        port: count(5038, 1, 65535, "The manager port."),
        user: Type.String({
          minLength: 1,
          description:
            "User in manager.conf; needs `read = system` and `write = reporting,system`, for calls `read = system,call,user` and `write = system,reporting,originate`.",
        }),
        password: secret("Its secret.", 1),
      },
    ),
  ),
  request_timeout_ms: ms(5000, 100, 60_000, "Deadline of every request to Asterisk."),
  max_concurrent_calls: count(
    500,
    1,
    10_000,
    "Calls that all gateways together keep up at once on this Asterisk. A ringing call costs 1 thread, 2 UDP ports and about 4 file descriptors.",
  ),
  calls_per_second: count(
    200,
    1,
    10_000,
    "Calls that all gateways together begin in a second on this Asterisk: about half of what two cores can do (measured: 600 to 900, at 2 to 4 ms of CPU a call).",
  ),
});

export type AsteriskConfig = Static<typeof Asterisk>;
export type AmiConfig = NonNullable<AsteriskConfig["ami"]>;
