/**
 * A delivery without its price, wherever it stands: what an app's operator pays is nothing for a browser or a phone with a
 * client token. Channels that send messages have it in their own object, too.
 */
export function withoutCost<T extends object>(delivery: T): T {
  const of = delivery as Readonly<Record<string, unknown>>;
  const own = typeof of.channel === "string" ? of[of.channel] : undefined;
  return {
    ...delivery,
    ...("cost" in of && { cost: null }),
    ...(hasCost(own) && { [of.channel as string]: { ...own, cost: null } }),
  };
}

function hasCost(value: unknown): value is { readonly cost: unknown } {
  return typeof value === "object" && value !== null && "cost" in value;
}
