/** Every secret of a configuration, found by the schema's own marks: a new key that is marked is found too. */
import type { Config } from "../../src/config/schema.ts";
import { ConfigSchema } from "../../src/config/schema.ts";

interface Node {
  readonly "x-secret"?: boolean;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly patternProperties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly allOf?: readonly Node[];
}

/** @returns the values by their paths, such as `push.fcm.main.service_account` */
export function configSecrets(config: Config): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  collect(ConfigSchema as Node, config, [], found);
  return found;
}

function collect(node: Node, value: unknown, path: readonly string[], found: Map<string, string>): void {
  if (node["x-secret"] && typeof value === "string") found.set(path.join("."), value);
  for (const one of [...(node.anyOf ?? []), ...(node.allOf ?? [])]) collect(one, value, path, found);
  if (typeof value !== "object" || value === null) return;
  for (const [name, child] of Object.entries(value)) {
    const own = node.properties?.[name] ?? Object.values(node.patternProperties ?? {})[0] ?? node.items;
    if (own !== undefined) collect(own, child, [...path, name], found);
  }
}
