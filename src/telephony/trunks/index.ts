/** Which trunk carries a call: the longest matching route, then the first trunk of it that can be used. */
import type { Config } from "../../config/schema.ts";
import type { CallControl } from "../call-control.ts";
import type { Trunks } from "../dialer-port.ts";
import type { CallSlots } from "../slots.ts";
import type { TrunkHealth } from "./health.ts";

export interface TrunksParts {
  readonly config: Pick<Config, "trunks" | "routes">;
  /** By name of the Asterisk. */
  readonly callControls: ReadonlyMap<string, Pick<CallControl, "connected">>;
  /** What is known of an endpoint of an Asterisk beside whether the Asterisk is connected. */
  readonly health: (asterisk: string, endpoint: string) => TrunkHealth;
  readonly slots: Pick<CallSlots, "full">;
}

export function createTrunks(parts: TrunksParts): Trunks {
  const { trunks } = parts.config;
  const longestFirst = [...parts.config.routes].sort((a, b) => b.prefix.length - a.prefix.length);

  function state(trunk: string): TrunkHealth {
    const own = trunks[trunk];
    if (own === undefined) return { usable: false, why: "no such trunk" };
    if (parts.callControls.get(own.asterisk)?.connected !== true) {
      return { usable: false, why: `Asterisk ${own.asterisk} is not connected` };
    }
    return parts.health(own.asterisk, own.endpoint);
  }

  return {
    choose(callee) {
      const route = longestFirst.find(({ prefix }) => callee.startsWith(prefix));
      if (route === undefined) return { none: "no_route" };
      const usable = route.trunks.filter((trunk) => state(trunk).usable);
      if (usable.length === 0) return { none: "telephony_unavailable" };
      const trunk = usable.find((name) => !parts.slots.full(name));
      if (trunk === undefined) return { none: "capacity" };
      return { trunk, ranges: trunks[trunk]?.ranges ?? [] };
    },
    /** A full trunk is usable: it is doing its work. */
    status: () =>
      Object.keys(trunks).map((trunk) => {
        const { usable, why } = state(trunk);
        return { trunk, usable, why: usable && parts.slots.full(trunk) ? `${why}; all its calls are in use` : why };
      }),
  };
}
