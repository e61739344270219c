/** The kept apps as all gateways read them. The scripts are in lua/. */
import type { AppMirror } from "../apps/mirror-port.ts";
import type { AppRow } from "../apps/types.ts";
import { appsKey } from "./keys.ts";
import type { Reply, RunScript } from "./run.ts";

/** Rows of one answer: about 200 KB. */
const rowsAtOnce = 200;

export function createAppMirror(run: RunScript): AppMirror {
  return {
    async changes(position) {
      const [epoch = "", seq = "0"] = position.split(" ");
      const reply = (await run("app_changes", appsKey, [epoch, seq, rowsAtOnce])) as Reply;
      const [current, last, replaced, reached, ...rows] = reply;
      return {
        position: `${current} ${reached}`,
        rows: rows.map((row) => JSON.parse(String(row)) as AppRow),
        more: rows.length > 0 && Number(reached) < Number(last),
        replaced: Number(replaced) === 1,
      };
    },
    async put(row) {
      await run("app_put", appsKey, [row.name, row.revision, JSON.stringify(row)]);
    },
    async revisions() {
      const reply = (await run("app_revisions", appsKey, [""])) as Reply;
      return new Map(
        Array.from({ length: reply.length / 2 }, (_, i) => [String(reply[i * 2]), Number(reply[i * 2 + 1])]),
      );
    },
    async row(app) {
      const [row] = (await run("app_revisions", appsKey, [app])) as Reply;
      return row === undefined ? null : (JSON.parse(String(row)) as AppRow);
    },
  };
}
