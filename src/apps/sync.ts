/**
 * Keeps the mirror of the apps in Redis equal to records: after Redis lost its data, and after one of the two was away while the
 * other changed. Of two copies the one with the greater revision holds, and none is ever removed for being on one side alone:
 * deletion is a row of its own, so an older backup of either side brings no deleted app and no revoked key back.
 */
import type { AppMirror } from "./mirror-port.ts";
import type { AppStore } from "./store-port.ts";

/** @throws where Redis or records do not answer */
export async function compareApps(mirror: AppMirror, store: AppStore): Promise<void> {
  const mirrored = await mirror.revisions();
  const kept = await store.revisions();
  for (const [name, revision] of kept) {
    if (revision <= (mirrored.get(name) ?? 0)) continue;
    const row = await store.app(name);
    if (row !== null) await mirror.put(row);
  }
  for (const [name, revision] of mirrored) {
    if (revision <= (kept.get(name) ?? 0)) continue;
    const row = await mirror.row(name);
    if (row !== null) await store.put(row);
  }
}
