/** Where state lives. */
import { type Static, Type } from "typebox";
import { ms, secret, section, text } from "../typed-yaml/parts.ts";

const redisNode = () => text("^[^:]+:\\d{1,5}$", "host:port, for instance 10.0.0.1:6379");

export const Redis = section("The store of all live state: Redis 7 or newer, or Valkey.", {
  url: Type.Optional(
    text("^rediss?://[^\\s]+$", "an address that starts with redis:// or rediss://", {
      description:
        "One server: redis://[user:password@]host:port[/db], or rediss:// for TLS; percent-encode special characters of the password. Give exactly one of url, sentinel and cluster.",
    }),
  ),
  sentinel: Type.Optional(
    section("Redis Sentinel.", {
      name: Type.String({ description: "Name of the monitored master." }),
      nodes: Type.Array(redisNode(), {
        minItems: 1,
        description: "host:port of each sentinel.",
      }),
      password: Type.Optional(secret("Password of the Redis servers.", 1)),
      tls: Type.Boolean({ default: false, description: "Use TLS to the Redis servers." }),
    }),
  ),
  cluster: Type.Optional(
    section("Redis Cluster.", {
      nodes: Type.Array(redisNode(), {
        minItems: 1,
        description: "host:port of some nodes; the others are discovered.",
      }),
      password: Type.Optional(secret("Password of the Redis servers.", 1)),
      tls: Type.Boolean({ default: false, description: "Use TLS to the Redis servers." }),
    }),
  ),
  allow_no_password: Type.Optional(
    Type.Boolean({
      default: false,
      description:
        "Accept a Redis on another host without a password. Only where nothing but gateways can reach it: anyone else could mark numbers as verified there.",
    }),
  ),
  command_timeout_ms: ms(
    800,
    50,
    10_000,
    "Deadline of every command; beyond it the command counts as failed. 800 ms, so that clients get 503 within a second.",
  ),
});

export type RedisConfig = Static<typeof Redis>;
