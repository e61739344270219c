/** Which routes a message may take, from whom it comes, what it costs. */
import { type Networks, noNetworks } from "../../numbers/networks/ports.ts";
import { createNetworkRoutes } from "../../telephony/trunks/network-routes.ts";
import { createPrefixTable } from "../../telephony/trunks/prefix-table.ts";
import type { SenderConfig, SmsConfig } from "./config.ts";

export interface SmsRouting {
  /** Names of routes in order of preference; none: no prefix matches. @param to E.164 with the plus sign */
  routesTo(to: string): readonly string[];
  /** The sender as configured; null: none is. */
  sender(route: string, app: string, country: string | null): string | null;
  /** Price of so many segments; null: none is configured. */
  cost(route: string, to: string, segments: number): number | null;
}

/** @param networks for prefixes that name networks */
export function createSmsRouting(
  { routes, prefixes, senders }: Pick<SmsConfig, "routes" | "prefixes" | "senders">,
  networks: Pick<Networks, "known"> = noNetworks,
): SmsRouting {
  const routesOf = createNetworkRoutes(
    prefixes.map((entry) => ({ ...entry, value: entry.routes })),
    networks,
  );
  const prices = new Map(
    Object.entries(routes).map(([name, route]) => [
      name,
      createPrefixTable(route.prices.map(({ prefix, price }) => [prefix, price])),
    ]),
  );
  return {
    routesTo: (to) => routesOf(to) ?? [],
    sender(route, app, country) {
      const own = routes[route]?.senders ?? [];
      return (mostExact(own, app, country) ?? mostExact(senders, app, country))?.sender ?? null;
    },
    cost(route, to, segments) {
      const price = prices.get(route)?.longest(to);
      // Money in floating point: no more digits than a price has.
      return price === undefined ? null : Math.round(price * segments * 1e6) / 1e6;
    },
  };
}

/** An entry that names the app goes before one that names the country; of equals the first counts. */
function mostExact(list: readonly SenderConfig[], app: string, country: string | null): SenderConfig | undefined {
  const weight = (one: SenderConfig) => (one.app === undefined ? 0 : 2) + (one.country === undefined ? 0 : 1);
  return list
    .filter((one) => (one.app ?? app) === app && (one.country === undefined || one.country === country))
    .reduce<SenderConfig | undefined>((best, one) => (best && weight(best) >= weight(one) ? best : one), undefined);
}
