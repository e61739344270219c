/** Which trunk carries what, and when one is left alone for a while. */

import { type Static, Type } from "typebox";
import { e164PrefixPattern } from "../../numbers/e164.ts";
import { count, ms, optionalSection, section, text } from "../../typed-yaml/parts.ts";

export const Route = section("Which trunks carry calls to numbers that start with a prefix; the longest prefix wins.", {
  prefix: text(e164PrefixPattern(0, 12), "a plus sign and up to 12 digits, for instance +44", {
    description: "Start of the callee's number in E.164; `+` matches all.",
  }),
  trunks: Type.Array(Type.String(), {
    minItems: 1,
    maxItems: 16,
    uniqueItems: true,
    description: "Trunks in order of preference; the first usable one is taken.",
  }),
  weights: Type.Optional(
    Type.Record(Type.String(), Type.Integer({ minimum: 1, maximum: 10_000 }), {
      minProperties: 1,
      maxProperties: 16,
      description:
        "Shares of the calls instead of an order: with `a: 3` and `b: 1`, three calls of four try trunk a first. Trunks of the route without a weight come after those, in their order, as a reserve.",
    }),
  ),
});

export const Routing = optionalSection("How routes deal with trunks that fail.", {
  breaker: optionalSection(
    "A trunk whose calls fail by its own fault (congestion, no way to the carrier, silence) gets no more calls for a while, then one at a time until it works again. Each gateway judges for itself, each trunk through each Asterisk apart.",
    {
      failures: count(
        5,
        1,
        100,
        "Failed calls in the window before anything happens: fewer may be chance. Five is what Envoy takes too.",
      ),
      failing_percent: count(
        50,
        1,
        100,
        "Share of the window's calls that must have failed. A trunk that carries every second call still helps where there is no other; Resilience4j's default.",
      ),
      window_calls: count(20, 1, 1000, "Calls that are judged, the latest ones: at 10 calls a second, 2 seconds."),
      window_ms: ms(
        30_000,
        1000,
        3_600_000,
        "Calls that ended longer ago say nothing about now; Polly's sampling time.",
      ),
      pause_ms: ms(
        5000,
        100,
        600_000,
        "First pause. Doubles with each probe that fails; a random part up to a half is taken off, so that gateways do not come back in step.",
      ),
      longest_pause_ms: ms(
        300_000,
        100,
        3_600_000,
        "Longest pause: a trunk that is mended is found within it. Envoy's longest ejection.",
      ),
      probes: count(
        3,
        1,
        100,
        "Good calls in a row, one at a time, after which the trunk is used again: one may have been luck.",
      ),
    },
  ),
});

export type RouteConfig = Static<typeof Route>;
export type RoutingConfig = Static<typeof Routing>;
export type BreakerConfig = RoutingConfig["breaker"];
