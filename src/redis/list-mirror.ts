/** Block and allow lists as all gateways read them. The scripts are in lua/. */
import type { MirroredEntry } from "../guard/lists/entry.ts";
import type { ListMirror } from "../guard/lists/ports.ts";
import { guardListsKey } from "./keys.ts";
import type { Reply, RunScript } from "./run.ts";

export function createListMirror(run: RunScript): ListMirror {
  return {
    async read(known) {
      const [version, ...entries] = (await run("guard_lists", guardListsKey, [known])) as Reply;
      if (version === known) return null;
      return { version: String(version), entries: entries.map((entry) => JSON.parse(String(entry)) as MirroredEntry) };
    },
    async put(entry) {
      await run("guard_list", guardListsKey, [entry.id, JSON.stringify(entry)]);
    },
    async remove(id) {
      await run("guard_list", guardListsKey, [id, ""]);
    },
  };
}
