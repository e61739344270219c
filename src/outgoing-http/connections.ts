/** Connections to the servers of others: which are kept, which may be opened, and who waits for one. */
import type { Client } from "./undici.ts";

/** Called with the connection that a request may use alone, until it is given back. */
type Use = (client: Client) => void;

export interface Connections {
  /** @param use called at once or later @returns waits no longer, where it was not called yet */
  take(origin: string, use: Use): () => void;
  /** The request has its answer. */
  giveBack(client: Client): void;
  /** The connection is in an unknown state, or there is none. */
  drop(client: Client): void;
  /** Closes all of them, those in use too. */
  close(): void;
}

/** @param open makes one; it connects when it is first used */
export function createConnections(options: {
  readonly open: (origin: string) => Client;
  readonly mostOfOrigin: number;
  /** Over all origins. */
  readonly most: number;
}): Connections {
  const { open, mostOfOrigin, most } = options;
  /** By origin, the one that was used last at the end. None is empty. */
  const idle = new Map<string, Client[]>();
  const counts = new Map<string, number>();
  const origins = new Map<Client, string>();
  /** In their order. None is empty. */
  const waiting = new Map<string, Use[]>();

  function begin(origin: string, use: Use): void {
    const client = open(origin);
    origins.set(client, origin);
    counts.set(origin, (counts.get(origin) ?? 0) + 1);
    // Its server closed it, or it was idle for too long.
    client.on("disconnect", () => {
      if (removeFrom(idle, origin, client)) forget(client);
    });
    use(client);
  }

  function forget(client: Client): void {
    const origin = origins.get(client);
    if (origin === undefined) return;
    origins.delete(client);
    const left = (counts.get(origin) ?? 0) - 1;
    if (left <= 0) counts.delete(origin);
    else counts.set(origin, left);
    void client.destroy();
  }

  function mayOpen(origin: string): boolean {
    if ((counts.get(origin) ?? 0) >= mostOfOrigin) return false;
    if (origins.size < most) return true;
    const [oldest] = [...idle.values()].flat().slice(0, 1);
    if (oldest === undefined) return false;
    removeFrom(idle, origins.get(oldest) ?? "", oldest);
    forget(oldest);
    return true;
  }

  /** A place is free. */
  function serve(): void {
    for (const [origin, [use]] of waiting) {
      if (use === undefined || !mayOpen(origin)) continue;
      removeFrom(waiting, origin, use);
      begin(origin, use);
      return;
    }
  }

  return {
    take(origin, use) {
      const client = idle.get(origin)?.at(-1);
      if (client !== undefined) {
        removeFrom(idle, origin, client);
        use(client);
      } else if (mayOpen(origin)) begin(origin, use);
      else {
        addTo(waiting, origin, use);
        return () => void removeFrom(waiting, origin, use);
      }
      return () => undefined;
    },
    giveBack(client) {
      const origin = origins.get(client);
      if (origin === undefined) return;
      const use = waiting.get(origin)?.[0];
      if (use !== undefined) {
        removeFrom(waiting, origin, use);
        use(client);
      } else {
        addTo(idle, origin, client);
        // Where all are taken, another host waits for this place.
        if (origins.size >= most) serve();
      }
    },
    drop(client) {
      forget(client);
      serve();
    },
    close() {
      waiting.clear();
      idle.clear();
      for (const client of origins.keys()) forget(client);
    },
  };
}

function addTo<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

/** @returns whether it was there */
function removeFrom<T>(lists: Map<string, T[]>, key: string, item: T): boolean {
  const list = lists.get(key);
  const at = list?.[0] === item ? 0 : (list?.lastIndexOf(item) ?? -1);
  if (list === undefined || at < 0) return false;
  list.splice(at, 1);
  if (list.length === 0) lists.delete(key);
  return true;
}
