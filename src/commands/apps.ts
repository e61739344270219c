/** `onering apps`: apps that are kept in the records, beside those of the configuration. */
import { readFile } from "node:fs/promises";
import { withApps } from "../app-admin.ts";
import { type AppProfileConfig, AppProfileSchema } from "../apps/config.ts";
import type { AppEntry } from "../apps/directory.ts";
import { appBody } from "../apps/representation.ts";
import type { AppsService } from "../apps/service.ts";
import { load } from "../typed-yaml/load.ts";
import { readYaml } from "../typed-yaml/yaml-file.ts";

export type AppsAct =
  | { readonly act: "list" }
  | { readonly act: "show" | "remove"; readonly name: string }
  | { readonly act: "add"; readonly name: string; readonly profile: string | null };

const pageSize = 1000;

/**
 * @returns 0
 * @throws {ConfigError} of the configuration, or of the profile
 * @throws {Error} where it was refused, or records or Redis do not answer
 */
export async function apps(path: string, act: AppsAct, { json }: { readonly json: boolean }): Promise<number> {
  const profile = act.act === "add" && act.profile !== null ? await readProfile(act.profile) : {};
  const print = (value: unknown, text: string) => {
    process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : text);
    return 0;
  };
  return withApps(path, async (service) => {
    switch (act.act) {
      case "list": {
        const all = await everyApp(service);
        return print({ apps: all.map(appBody) }, all.map(line).join(""));
      }
      case "show": {
        const app = found(await service.find(act.name), act.name);
        return print(appBody(app), `${line(app)}${JSON.stringify(app.profile, null, 2)}\n`);
      }
      case "add": {
        const app = await service.create(act.name, profile);
        return print(appBody(app), `added ${act.name}; it needs a key: onering keys add ${act.name} --scopes verify\n`);
      }
      case "remove": {
        const app = found(await service.remove(act.name), act.name);
        return print(appBody(app), `removed ${act.name} and its ${app.keys.length} keys\n`);
      }
    }
  });
}

async function everyApp(service: AppsService): Promise<readonly AppEntry[]> {
  const all: AppEntry[] = [];
  for (let after: string | null = null; ; ) {
    const { apps: page, next } = await service.list(after, pageSize);
    all.push(...page);
    if (next === null) return all;
    after = next;
  }
}

function found(app: AppEntry | null, name: string): AppEntry {
  if (app === null) throw new Error(`there is no app ${JSON.stringify(name)}; onering apps list shows all`);
  return app;
}

function line({ name, source, keys, configuredKeys }: AppEntry): string {
  return `${name.padEnd(40)} ${source.padEnd(13)} ${keys.length + configuredKeys} keys\n`;
}

/** YAML, of which JSON is a part. */
async function readProfile(file: string): Promise<AppProfileConfig> {
  const { document, lineOf } = readYaml(await readFile(file, "utf8"), file);
  const definition = { schema: AppProfileSchema, checks: [], variables: { prefix: "ONERING_PROFILE_", others: [] } };
  return load(definition, { name: file, document, env: {}, lineOf });
}
