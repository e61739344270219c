/** Apps and keys whose changes are in the audit log: who, and what was before and after. Of a key its id, never the key or its hash. */
import type { AuditAct, Json } from "../audit/port.ts";
import type { AuditWriter } from "../audit/writer.ts";
import type { AppEntry } from "./directory.ts";
import type { AppsService } from "./service.ts";
import { withoutTestCodes } from "./test-codes.ts";
import type { KeyRow } from "./types.ts";

/** @param who an operator's key as logs name it, or a program */
export function auditedApps(apps: AppsService, audit: AuditWriter, who: string): AppsService {
  const act = (action: string, app: string): AuditAct => ({ who, action, target: `app ${app}` });

  /** What is not there is not found, which is no act. */
  async function onKey<T>(name: string, id: string, action: string, run: (before: Json) => Promise<Done<T>>) {
    const key = (await apps.find(name))?.keys.find((one) => one.id === id);
    return key === undefined ? null : audit.act(act(action, name), () => run(shownKey(key)));
  }

  return {
    list: apps.list,
    find: apps.find,
    create: (name, profile) =>
      audit.act(act("app.create", name), async () => {
        const result = await apps.create(name, profile);
        return { result, before: null, after: shown(result) };
      }),
    async change(name, changes) {
      const before = await apps.find(name);
      if (before === null) return null;
      return audit.act(act("app.change", name), async () => {
        const result = await apps.change(name, changes);
        return { result, before: shown(before), after: shown(result) };
      });
    },
    async remove(name) {
      const before = await apps.find(name);
      if (before === null) return null;
      return audit.act(act("app.delete", name), async () => {
        return { result: await apps.remove(name), before: shown(before), after: null };
      });
    },
    async addKey(name, order) {
      if ((await apps.find(name)) === null) return null;
      return audit.act(act("key.create", name), async () => {
        const result = await apps.addKey(name, order);
        return { result, before: null, after: result === null ? null : shownKey(result) };
      });
    },
    rotateKey: (name, id, order) =>
      onKey(name, id, "key.rotate", async (before) => {
        const result = await apps.rotateKey(name, id, order);
        const after = result && { key: shownKey(result.key), previous: shownKey(result.previous) };
        return { result, before, after };
      }),
    revokeKey: (name, id) =>
      onKey(name, id, "key.revoke", async (before) => ({
        result: await apps.revokeKey(name, id),
        before,
        after: null,
      })),
  };
}

interface Done<T> {
  readonly result: T;
  readonly before?: Json;
  readonly after?: Json;
}

/** Without the codes of test numbers a profile holds no secrets: webhooks and templates are kept elsewhere. */
function shown(entry: AppEntry | null): Json {
  return entry === null
    ? null
    : { profile: withoutTestCodes(entry.profile) as unknown as Json, keys: entry.keys.map(({ id }) => id) };
}

function shownKey({ id, scopes, expiresAtMs }: KeyRow): Json {
  return {
    key: id,
    scopes: [...scopes],
    expires_at: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
  };
}
