/** Routes with equal prefixes or weights of other routes' trunks, and circuit breakers that could never open. */
import type { CrossCheck, IsSound } from "../../typed-yaml/cross-check.ts";
import type { Problem } from "../../typed-yaml/errors.ts";
import { didYouMean } from "../../typed-yaml/nearest.ts";
import type { RouteConfig, RoutingConfig } from "./routes-config.ts";
import { routesOverlap } from "./routes-overlap.ts";

interface Sections {
  readonly routes: readonly RouteConfig[];
  readonly routing: RoutingConfig;
}

export const routeChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["routes"], problems: weightsAreOfTheRoute },
  { reads: ["routes"], problems: routesDiffer },
  { reads: ["routing"], problems: breakerCanOpen },
  { reads: ["routing"], problems: pausesGrow },
];

function weightsAreOfTheRoute({ routes }: Sections, isSound: IsSound): Problem[] {
  return routes.flatMap((route, index) => {
    const path = ["routes", index];
    if (!isSound(path)) return [];
    return Object.keys(route.weights ?? {}).flatMap((trunk) => {
      if (route.trunks.includes(trunk)) return [];
      const expected = `one of this route's trunks${didYouMean(trunk, route.trunks) || ` (${route.trunks.join(", ")})`}`;
      return [{ path: [...path, "weights", trunk], given: "a weight", expected }];
    });
  });
}

function routesDiffer({ routes }: Sections, isSound: IsSound): Problem[] {
  return routesOverlap(["routes"], routes, isSound).map(({ index, other, key }) => {
    const path = ["routes", index, ...key];
    const expected = `a prefix that no other route has: routes[${other}] has it; list all trunks there, or name networks`;
    return { path, given: JSON.stringify(routes[index]?.prefix), expected };
  });
}

/** A window that holds fewer calls than must fail never opens the breaker. */
function breakerCanOpen({ routing }: Sections, isSound: IsSound): Problem[] {
  const path = ["routing", "breaker", "failures"];
  if (!isSound(["routing", "breaker"])) return [];
  const { failures, window_calls: calls } = routing.breaker;
  return failures <= calls
    ? []
    : [{ path, given: String(failures), expected: `at most window_calls, which is ${calls}` }];
}

function pausesGrow({ routing }: Sections, isSound: IsSound): Problem[] {
  const path = ["routing", "breaker", "longest_pause_ms"];
  if (!isSound(["routing", "breaker"])) return [];
  const { pause_ms: first, longest_pause_ms: longest } = routing.breaker;
  return first <= longest ? [] : [{ path, given: String(longest), expected: `at least pause_ms, which is ${first}` }];
}
