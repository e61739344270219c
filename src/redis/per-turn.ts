/**
 * Asks for what was wanted within one turn of the event loop together: replies to many messages come in one packet, so what
 * follows them begins in the same turn. A call of a script costs Redis and the gateway some µs each, however little it does.
 */

/** Of a script: others wait while it runs. */
const mostTogether = 100;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * @param run asks for all of `items` of a group, in their order; it rejects for all of them, and an error in its result is that of one
 * @returns asks for one: only what has the same `group` is asked for together
 */
export function perTurn<Item, Result>(
  run: (group: string, items: readonly Item[]) => Promise<readonly (Result | Error)[]>,
): (group: string, item: Item) => Promise<Result> {
  const groups = new Map<string, Waiting<Item, Result>[]>();

  async function ask(group: string, all: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await run(
        group,
        all.map(({ item }) => item),
      );
      for (const [index, { resolve, reject }] of all.entries()) {
        const result = results[index] as Result | Error;
        if (result instanceof Error) reject(result);
        else resolve(result);
      }
    } catch (error) {
      for (const { reject } of all) reject(error);
    }
  }

  function flush(group: string): void {
    const all = groups.get(group) ?? [];
    groups.delete(group);
    if (all.length > 0) void ask(group, all);
  }

  return (group, item) =>
    new Promise((resolve, reject) => {
      const waiting = groups.get(group) ?? [];
      waiting.push({ item, resolve, reject });
      if (waiting.length === mostTogether) return flush(group);
      if (waiting.length > 1) return;
      groups.set(group, waiting);
      // After all that the turn's replies have set going.
      process.nextTick(flush, group);
    });
}
