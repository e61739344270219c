/** The HTTP server that apps and operators use. */
import { type Static, Type } from "typebox";
import type { HumanChecksConfig } from "../human-check/config.ts";
import type { AdminConfig } from "../operations/config.ts";
import { count, ms, optionalSection, text } from "../typed-yaml/parts.ts";
import type { KeySecrets } from "../verification/key-ring.ts";

export const Http = optionalSection("The HTTP server of the API.", {
  host: Type.String({
    default: "127.0.0.1",
    minLength: 1,
    description:
      "Address to listen on. Loopback by default, because the API is plain HTTP: put a proxy with TLS in front. Any other address without trust_proxy is logged as a warning at start.",
  }),
  port: count(8080, 0, 65535, "TCP port; 0 takes a free one, which the log names."),
  body_limit_bytes: count(
    16_384,
    1024,
    65_536,
    "Largest request body. A start is under 1 KiB, with metadata under 6 KiB; parsing a larger body delays other requests. A list of numbers to look up may have 128 KiB.",
  ),
  request_timeout_ms: ms(
    5000,
    100,
    60_000,
    "Longest time for a client to send a whole request: ends slow-loris connections.",
  ),
  max_connections: count(
    10_000,
    10,
    1_000_000,
    "Open connections of one gateway process; each takes a file descriptor. Above it the connection that has been idle longest is closed for a new one.",
  ),
  max_connections_per_address: count(
    1000,
    1,
    1_000_000,
    "The same for one client address (IPv6: one /64). Loopback and the addresses of trust_proxy have no such limit: behind a proxy all clients have its address.",
  ),
  shutdown_linger_ms: ms(
    5000,
    0,
    120_000,
    "At SIGTERM: least time between /readyz saying `draining` and the end of listening, so that load balancers see it and stop sending. Longer than the interval of their probe.",
  ),
  trust_proxy: Type.Array(Type.String(), {
    default: [],
    description: "Addresses or CIDR blocks of the proxies whose X-Forwarded-For is trusted. None by default.",
  }),
  cors_origins: Type.Array(text("^https?://[^/\\s]+$", "an origin such as https://app.example.com, without a path"), {
    default: [],
    description: "Origins whose pages may call the API from a browser. None by default: API keys belong on servers.",
  }),
  rate_limit_per_minute: count(
    6000,
    1,
    1_000_000,
    "Requests a minute from one app (or one address without a key) that one gateway process takes: a limit for runaway clients, far above normal use.",
  ),
  shed_at_delay_ms: ms(
    200,
    20,
    10_000,
    "Load shedding: mean delay of the event loop, over one second (or twice this value, if longer), above which new verifications get 503; all other requests at five times that. Ring timers run on the same loop: phones ring this much longer.",
  ),
});

export type HttpConfig = Static<typeof Http>;

/** The sections that the HTTP server reads. */
export interface HttpServerConfig {
  readonly http: HttpConfig;
  readonly admin?: AdminConfig;
  readonly secrets: { readonly hmac_key: string; readonly token_key?: KeySecrets };
  readonly human_checks: HumanChecksConfig;
}
