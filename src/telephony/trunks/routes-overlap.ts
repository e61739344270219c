/** Routes of one prefix of which only one could ever be used. */
import { networkKey } from "../../numbers/networks/match.ts";
import type { IsSound } from "../../typed-yaml/cross-check.ts";
import type { Path } from "../../typed-yaml/errors.ts";

/**
 * @param path of the list
 * @returns each route that an earlier one of its prefix leaves nothing to, or a network that one names too
 */
export function routesOverlap(
  path: Path,
  routes: readonly { readonly prefix: string; readonly networks?: readonly string[] }[],
  isSound: IsSound,
): readonly { readonly index: number; readonly other: number; readonly key: Path }[] {
  const first = new Map<string, number>();
  return routes.flatMap((route, index) => {
    if (!isSound([...path, index, "prefix"]) || !isSound([...path, index, "networks"])) return [];
    const { prefix, networks } = route;
    const keys: readonly (readonly [string, Path])[] =
      networks === undefined
        ? [[prefix, ["prefix"]]]
        : networks.map((network, at) => [`${prefix} ${networkKey(network)}`, ["networks", at]] as const);
    return keys.flatMap(([text, key]) => {
      const other = first.get(text);
      if (other === undefined) first.set(text, index);
      return other === undefined ? [] : [{ index, other, key }];
    });
  });
}
