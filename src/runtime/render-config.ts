/**
 * Fills in the templates of asterisk-config/. asterisk-config/render.sh does the same in Docker; a test holds the two
 * to the same results.
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { type AsteriskTrunk, trunkValues } from "./trunk.ts";

/** What stands for the placeholders of a template, by name: `{ HTTP_PORT: "8088" }` for `@HTTP_PORT@`. */
export type TemplateValues = Readonly<Record<string, string>>;

const PLACEHOLDER = /@([A-Z][A-Z0-9_]*)@/g;

/**
 * Replaces the placeholders of a template. A line with a placeholder whose value is empty is left out, so optional
 * settings need no logic in the template.
 * @throws on a placeholder without a value, and on a value that could change the meaning of the file
 */
export function renderTemplate(template: string, values: TemplateValues): string {
  const lines: string[] = [];
  for (const line of template.split("\n")) {
    let omit = false;
    const rendered = line.replace(PLACEHOLDER, (_, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`no value for @${name}@`);
      if (value === "") omit = true;
      return escapeValue(name, value);
    });
    if (!omit) lines.push(rendered);
  }
  return lines.join("\n");
}

/** A semicolon starts a comment in Asterisk's files unless escaped; a line break would start another setting. */
function escapeValue(name: string, value: string): string {
  if (!/^[\x20-\x7e]*$/.test(value) || value.includes("\\") || value !== value.trim()) {
    throw new Error(`the value of @${name}@ may hold printable ASCII only, no backslash, no space at its ends`);
  }
  return value.replaceAll(";", "\\;");
}

/**
 * Renders every file of `from` (asterisk-config/) into `to`, and a file for each trunk into `to`/trunks.d.
 * @param to a folder that only its owner may read: the files hold secrets
 */
export async function renderConfig(
  from: string,
  to: string,
  values: TemplateValues,
  trunks: readonly AsteriskTrunk[],
): Promise<void> {
  const names = (await readdir(from)).filter((name) => name.endsWith(".conf"));
  for (const name of names) {
    const template = await readFile(path.join(from, name), "utf8");
    await writeFile(path.join(to, name), renderTemplate(template, values), { mode: 0o600 });
  }
  await mkdir(path.join(to, "trunks.d"), { recursive: true });
  for (const trunk of trunks) {
    const file = path.join(to, "trunks.d", `${trunk.name}.conf`);
    await writeFile(file, await renderTrunk(from, trunk), { mode: 0o600 });
  }
}

async function renderTrunk(from: string, trunk: AsteriskTrunk): Promise<string> {
  const parts = ["trunk"];
  if (trunk.username) parts.push("trunk-auth");
  if (trunk.register) parts.push("trunk-registration");
  const values = trunkValues(trunk);
  const rendered = parts.map(async (part) =>
    renderTemplate(await readFile(path.join(from, `${part}.conf.template`), "utf8"), values),
  );
  return (await Promise.all(rendered)).join("");
}
