/** Sections of the gateway process itself: its keys and its log. */
import { type Static, Type } from "typebox";
import { optionalSection, secret, section } from "../typed-yaml/parts.ts";

export const Secrets = section("Cryptographic keys; they never leave the gateway.", {
  hmac_key: secret(
    "HMAC key under which callees, caller IDs and codes are hashed before they reach Redis: 32 random characters at least (128 bits in hex; `openssl rand -hex 32` makes 256), and used for nothing else. All gateways on one Redis need the same key. Changing it ends the verifications in progress.",
    32,
  ),
});

export const Log = optionalSection("Logs are JSON lines on standard output.", {
  level: Type.Union(
    [
      Type.Literal("fatal"),
      Type.Literal("error"),
      Type.Literal("warn"),
      Type.Literal("info"),
      Type.Literal("debug"),
      Type.Literal("silent"),
    ],
    { default: "info", description: "Lowest severity that is logged." },
  ),
});

export type LogConfig = Static<typeof Log>;
