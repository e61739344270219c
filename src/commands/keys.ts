/** `onering keys`: API keys of apps, those of the configuration included. A key is shown once. */

import { withApps } from "../app-admin.ts";
import { keyBody } from "../apps/representation.ts";
import type { Scope } from "../apps/scopes.ts";
import type { NewKey } from "../apps/service.ts";
import type { KeyRow } from "../apps/types.ts";

export type KeysAct =
  | { readonly act: "list"; readonly app: string }
  | {
      readonly act: "add";
      readonly app: string;
      readonly scopes: readonly Scope[];
      readonly expiresAtMs: number | null;
    }
  | { readonly act: "revoke"; readonly app: string; readonly id: string }
  | {
      readonly act: "rotate";
      readonly app: string;
      readonly id: string;
      readonly overlapMs: number;
      readonly expiresAtMs?: number | undefined;
    };

/**
 * @returns 0
 * @throws {ConfigError}
 * @throws {Error} where it was refused, or records or Redis do not answer
 */
export async function keys(path: string, act: KeysAct, { json }: { readonly json: boolean }): Promise<number> {
  const print = (value: unknown, text: string) => {
    process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : text);
    return 0;
  };
  return withApps(path, async (service) => {
    const { app } = act;
    switch (act.act) {
      case "list": {
        const { keys: all } = found(await service.find(app), `there is no app ${JSON.stringify(app)}`);
        return print({ keys: all.map(keyBody) }, all.map(line).join(""));
      }
      case "add": {
        const { scopes, expiresAtMs } = act;
        const key = found(await service.addKey(app, { scopes, expiresAtMs }), `there is no app ${JSON.stringify(app)}`);
        return print(newBody(key), shown(key));
      }
      case "rotate": {
        const { overlapMs, expiresAtMs } = act;
        const rotated = await service.rotateKey(app, act.id, { overlapMs, expiresAtMs });
        const { key, previous } = found(rotated, noKey(app, act.id));
        const until = new Date(previous.expiresAtMs ?? 0).toISOString();
        return print(
          { ...newBody(key), previous: keyBody(previous) },
          `${shown(key)}\n${previous.id} is valid until ${until}\n`,
        );
      }
      case "revoke": {
        const key = found(await service.revokeKey(app, act.id), noKey(app, act.id));
        return print(keyBody(key), `revoked ${key.id}\n`);
      }
    }
  });
}

function newBody(key: NewKey) {
  return { ...keyBody(key), key: key.key };
}

function found<T>(value: T | null, problem: string): T {
  if (value === null) throw new Error(`${problem}; onering apps list and onering keys list show all`);
  return value;
}

const noKey = (app: string, id: string) =>
  `the app ${JSON.stringify(app)} has no key ${JSON.stringify(id)} that was made here`;

function shown(key: NewKey): string {
  return `API key, for the app alone; it is shown only now:\n  ${key.key}\n\n${line(key)}`;
}

function line({ id, scopes, expiresAtMs }: KeyRow): string {
  const until = expiresAtMs === null ? "no end" : `until ${new Date(expiresAtMs).toISOString()}`;
  return `${id}  ${scopes.join(",")}  ${until}\n`;
}
