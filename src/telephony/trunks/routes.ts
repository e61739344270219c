/**
 * The paths to a callee: the route of its longest matching prefix and its network, its trunks in order, each through its
 * Asterisks.
 */

import { type Networks, noNetworks } from "../../numbers/networks/ports.ts";
import { following } from "../../shared/live-view.ts";
import { ownEntry } from "../../shared/own-entry.ts";
import type { Random } from "../../shared/random.ts";
import type { TrunkPath } from "./admission-port.ts";
import type { TrunkConfig } from "./config.ts";
import { asterisksOf } from "./engines.ts";
import { createNetworkRoutes } from "./network-routes.ts";
import { createNumberFormats } from "./number-format.ts";
import type { RouteConfig } from "./routes-config.ts";

/** The sections that the router reads. */
interface RouterConfig {
  readonly trunks: Readonly<Record<string, TrunkConfig>>;
  readonly routes: readonly RouteConfig[];
}

export interface Router {
  /**
   * The paths to a callee in the order in which they are to be tried, drawn anew for each call: the trunks as the route
   * ranks or weighs them, the Asterisks of each trunk in random order, so that load spreads over them. A trunk that
   * cannot dial this number (see `NumberFormat.callee`) is left out.
   * @param callee E.164 with the plus sign
   * @returns at least one; null: no route
   */
  pathsTo(callee: string): readonly TrunkPath[] | null;
  /** All paths of one trunk, in the order of the configuration; none for a trunk that is not configured. */
  pathsOf(trunk: string): readonly TrunkPath[];
}

/**
 * @param random decides the order; in production the cryptographic generator
 * @param networks for routes that name networks
 */
export function createRouter(
  config: RouterConfig,
  random: Random,
  networks: Pick<Networks, "known"> = noNetworks,
): Router {
  const paths = new Map(
    Object.entries(config.trunks).map(([trunk, own]) => [
      trunk,
      asterisksOf(own).map((asterisk) => ({ trunk, asterisk })),
    ]),
  );
  const pathsOf = (trunk: string): readonly TrunkPath[] => paths.get(trunk) ?? [];
  const formats = createNumberFormats(config.trunks);
  const routeOf = createNetworkRoutes(
    config.routes.map((route) => ({ ...route, value: trunkOrder(route, random) })),
    networks,
  );

  return {
    pathsOf,
    pathsTo(callee) {
      const order = routeOf(callee)?.() ?? [];
      const dialling = order.filter((trunk) => formats.get(trunk)?.callee(callee) != null);
      return dialling.length === 0 ? null : dialling.flatMap((trunk) => shuffled(pathsOf(trunk), random));
    },
  };
}

/** The same by routes that may be replaced. @param config its `routes` are those that hold now */
export function liveRouter(config: RouterConfig, random: Random, networks: Pick<Networks, "known">): Router {
  const { trunks } = config;
  const present = following(
    () => config.routes,
    (routes) => createRouter({ trunks, routes }, random, networks),
  );
  return { pathsTo: (callee) => present().pathsTo(callee), pathsOf: (trunk) => present().pathsOf(trunk) };
}

/** Whether a call with a caller ID of this range may leave on this trunk. */
export function mayPresent(trunk: Pick<TrunkConfig, "ranges">, range: string): boolean {
  return trunk.ranges.includes(range);
}

/** Draws the order of a route's trunks for one call. */
function trunkOrder({ trunks, weights = {} }: RouteConfig, random: Random): () => readonly string[] {
  const weighted = trunks.flatMap((trunk) => {
    const weight = ownEntry(weights, trunk);
    return weight === undefined ? [] : [{ trunk, weight }];
  });
  if (weighted.length === 0) return () => trunks;
  const reserve = trunks.filter((trunk) => !Object.hasOwn(weights, trunk));
  return () => [...weightedOrder(weighted, random), ...reserve];
}

interface Weighted {
  readonly trunk: string;
  readonly weight: number;
}

/** Draws one after the other, each with its share of the weight that is left: the second one is weighted fairly too. */
function weightedOrder(all: readonly Weighted[], random: Random): readonly string[] {
  const left = [...all];
  let weightLeft = left.reduce((sum, { weight }) => sum + weight, 0);
  const order: string[] = [];
  while (left.length > 1) {
    let point = random.below(weightLeft);
    const index = left.findIndex(({ weight }) => {
      point -= weight;
      return point < 0;
    });
    const [drawn] = left.splice(index, 1);
    if (drawn === undefined) break;
    order.push(drawn.trunk);
    weightLeft -= drawn.weight;
  }
  return [...order, ...left.map(({ trunk }) => trunk)];
}

/** Fisher–Yates (Knuth, TAOCP vol. 2, 3.4.2, algorithm P). One path needs no draw. */
function shuffled<T>(list: readonly T[], random: Random): readonly T[] {
  const order = [...list];
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}
