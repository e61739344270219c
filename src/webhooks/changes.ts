/** Changes of one endpoint by several gateways at once: each is made of what the one before it left, and none is lost. */
import { Refusal } from "../shared/refusal.ts";
import type { EndpointMirror } from "./mirror-port.ts";
import type { WebhookStore } from "./store-port.ts";
import type { EndpointRow } from "./types.ts";

/** Of one change: as many as gateways change one endpoint at the same moment. */
const mostTries = 5;

/**
 * @param row as this gateway knows it
 * @param make what becomes of it, or of what another gateway made of it; null: nothing any more
 * @returns as it was changed; null: it was not
 * @throws where Redis or the records do not answer
 */
export type ChangeEndpoint = (
  row: EndpointRow,
  make: (row: EndpointRow) => EndpointRow | null,
) => Promise<EndpointRow | null>;

export function createChanges(parts: {
  readonly store: Pick<WebhookStore, "changeEndpoint">;
  readonly mirror: EndpointMirror;
}): ChangeEndpoint {
  const { store, mirror } = parts;

  return async (row, make) => {
    let next = make(row);
    for (let tries = 0; next !== null && tries < mostTries; tries++) {
      // Records first: what only the mirror has would be taken for deleted.
      const changed = await stored(store.changeEndpoint(next));
      if (changed === null) {
        await mirror.remove(row.id);
        return null;
      }
      // What another gateway made of it may not be in the mirror yet: that gateway may have died between the two.
      await mirror.put(changed.kept);
      if (changed.isTaken) return changed.kept;
      next = make(changed.kept);
    }
    if (next === null) return null;
    throw new Refusal("capacity", "The endpoint is changed by other requests at the moment.", 1000);
  };
}

/** Records that do not answer are refused as the store that they are. */
export async function stored<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal("store_unavailable", "The records do not answer at the moment.", 1000);
  }
}
