/** Checks the routes: where a trunk fails, can the call fail over to another one with the same caller ID? */
import { mayPresent } from "../telephony/trunks/routes.ts";
import type { DoctorConfig } from "./config.ts";
import { type Finding, ok, warn } from "./finding.ts";

/** @returns one finding for each route of several trunks; a route of one trunk has no failover */
export function examineRoutes({ routes, trunks }: Pick<DoctorConfig, "routes" | "trunks">): Finding[] {
  return routes
    .filter((route) => route.trunks.length > 1)
    .map((route) => {
      const alone = route.trunks.filter((name) => !route.trunks.some((other) => other !== name && share(name, other)));
      if (alone.length === 0)
        return ok(`Route ${route.prefix}: a call that fails on one trunk can fail over to another`);
      return warn(
        `Route ${route.prefix}: a call that fails on ${alone.join(", ")} ends there: no other trunk of the route may present its caller IDs`,
        "Give the trunks of a route a range in common, if the carriers agree.",
      );
    });

  function share(one: string, other: string): boolean {
    const [first, second] = [trunks[one], trunks[other]];
    return first?.ranges.some((range) => second !== undefined && mayPresent(second, range)) === true;
  }
}
