/** What is the gateway process's own: its keys and its log. */
import { type Static, Type } from "typebox";
import { optionalSection, secret, section } from "../typed-yaml/parts.ts";

export const Secrets = section("Keys that never leave the gateway.", {
  hmac_key: secret(
    "Hashes callees, caller IDs and codes before they reach Redis. At least 32 characters, random. Changing it ends the verifications that are in progress.",
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
    { default: "info", description: "Least severity that is written." },
  ),
});

export type LogConfig = Static<typeof Log>;
