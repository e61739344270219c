/** Routes by prefix and network, of calls and of messages alike. */
import { createNetworkTable, type NetworkTable } from "../../numbers/networks/match.ts";
import type { Networks } from "../../numbers/networks/ports.ts";
import { createPrefixTable } from "./prefix-table.ts";

export interface NetworkRoute<T> {
  readonly prefix: string;
  /** Codes or names; without it every network, and numbers whose network is not known. */
  readonly networks?: readonly string[];
  readonly value: T;
}

interface AtPrefix<T> {
  readonly byNetwork: NetworkTable<T>;
  readonly others: T | undefined;
}

/**
 * The longest prefix wins; of one prefix the route that names the number's network goes before the one that names none. A route
 * that names other networks is passed over.
 * @returns finds the value for a number in E.164; undefined: there is none
 */
export function createNetworkRoutes<T>(
  routes: readonly NetworkRoute<T>[],
  networks: Pick<Networks, "known">,
): (number: string) => T | undefined {
  const prefixes = new Set(routes.map(({ prefix }) => prefix));
  const table = createPrefixTable(
    [...prefixes].map((prefix): readonly [string, AtPrefix<T>] => {
      const own = routes.filter((route) => route.prefix === prefix);
      const named = own.flatMap(({ networks: names = [], value }) => names.map((name) => [name, value] as const));
      return [
        prefix,
        {
          byNetwork: createNetworkTable(named),
          others: own.findLast((route) => route.networks === undefined)?.value,
        },
      ];
    }),
  );
  const goesByNetwork = routes.some((route) => route.networks !== undefined);

  return (number) => {
    const network = goesByNetwork ? networks.known(number) : null;
    return table.longestOf(number, ({ byNetwork, others }) => byNetwork.of(network) ?? others);
  };
}
