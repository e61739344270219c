/**
 * Removes libraries of other versions and configurations. Redis keeps a library until somebody deletes it, over restarts too;
 * a gateway that still uses one loads it again.
 */
import type { Redis } from "ioredis";
import { libraryPrefix } from "./library-text.ts";

/** Two other versions of all scripts: enough for a rolling update to delete nothing that is in use. */
const mostOthers = 250;

/** Never rejects: without the right to it they stay. @param ownNames gives the names of this gateway's */
export async function tidyLibraries(client: Redis, ownNames: () => ReadonlySet<string>): Promise<void> {
  try {
    const listed = (await client.call("FUNCTION", "LIST", "LIBRARYNAME", `${libraryPrefix}*`)) as readonly unknown[][];
    // To know its own names a gateway assembles all of its scripts.
    if (listed.length <= mostOthers) return;
    const own = ownNames();
    const others = listed
      .map((library) => String(library[1 + library.indexOf("library_name")]))
      .filter((name) => !own.has(name));
    if (others.length <= mostOthers) return;
    await Promise.allSettled(others.map((name) => client.call("FUNCTION", "DELETE", name)));
  } catch {
    return;
  }
}
