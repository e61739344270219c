/** The networks of callees as the composition root takes them. */
import type { Networks } from "./ports.ts";
import { noNetworks } from "./ports.ts";

export function createNetworks(): Networks {
  return noNetworks;
}
