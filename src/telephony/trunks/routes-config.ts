/** Which trunks carry calls to which numbers, and the circuit breakers. */

import { type Static, Type } from "typebox";
import { e164PrefixPattern } from "../../numbers/e164.ts";
import { networksOfRoute } from "../../numbers/networks/config.ts";
import { count, ms, optionalSection, section, text } from "../../typed-yaml/parts.ts";

export const Route = section(
  "Which trunks carry calls to numbers that start with a prefix; the longest prefix wins, and of one prefix the route that names the number's network.",
  {
    prefix: text(e164PrefixPattern(0, 12), "a plus sign and up to 12 digits, for instance +44", {
      description: "Start of the callee's number in E.164; `+` matches all.",
    }),
    networks: networksOfRoute(
      "Only to numbers of these networks (docs/networks.md); without it to all that no other route of this prefix names.",
    ),
    trunks: Type.Array(Type.String(), {
      minItems: 1,
      maxItems: 16,
      uniqueItems: true,
      description: "Trunks in order of preference; the first one that can take the call carries it.",
    }),
    weights: Type.Optional(
      Type.Record(Type.String(), Type.Integer({ minimum: 1, maximum: 10_000 }), {
        minProperties: 1,
        maxProperties: 16,
        description:
          "Weighted distribution instead of an order: with `a: 3` and `b: 1`, three of four calls try trunk a first. Trunks of the route without a weight follow in their order, for failover only.",
      }),
    ),
  },
);

export const Routing = optionalSection("Failure handling of trunks.", {
  breaker: optionalSection(
    "Circuit breaker of each path (a trunk through one Asterisk). It opens on failures that the path caused (congestion, carrier unreachable, no response); then the path gets no calls for a while, and single probe calls (half-open) until it is closed. Each gateway has its own.",
    {
      failures: count(
        5,
        1,
        100,
        "Failed calls in the window that open it; fewer may be chance. Envoy's default is five too.",
      ),
      failing_percent: count(
        50,
        1,
        100,
        "Share of the window's calls that must have failed as well. A path that completes every second call still helps where there is no other; Resilience4j's default.",
      ),
      window_calls: count(20, 1, 1000, "How many of the latest calls are counted: 2 seconds at 10 calls per second."),
      window_ms: ms(
        30_000,
        1000,
        3_600_000,
        "Calls that ended longer ago are not counted; Polly's default SamplingDuration.",
      ),
      pause_ms: ms(
        5000,
        100,
        600_000,
        "How long it stays open at first; Polly's default BreakDuration. Doubles with each probe call that fails; a random part of up to a half is subtracted, so that gateways do not probe at the same moment.",
      ),
      longest_pause_ms: ms(
        300_000,
        100,
        3_600_000,
        "Longest time that it stays open: a path that works again is used within it. Envoy's default max_ejection_time.",
      ),
      probes: count(3, 1, 100, "Successful probe calls in a row, one at a time, that close it: one may be chance."),
    },
  ),
});

export type RouteConfig = Static<typeof Route>;
export type RoutingConfig = Static<typeof Routing>;
export type BreakerConfig = RoutingConfig["breaker"];
