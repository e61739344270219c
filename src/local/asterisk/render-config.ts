/**
 * Fills in the templates of asterisk-config/. asterisk-config/render.sh does the same in Docker; a test holds the two
 * to the same results.
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { TemplateValues } from "./template.ts";
import { type AsteriskTrunk, trunkParts, trunkValues } from "./trunk.ts";

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
 * Renders every file of `from` (asterisk-config/) into `to`, a file for each trunk into `to`/trunks.d, and what only
 * some trunks use: the same rules as in asterisk-config/entrypoint.sh.
 * @param to a folder that only its owner may read: the files hold secrets
 * @param inboundApps Stasis applications of the gateways that are notified of inbound calls
 */
export async function renderConfig(
  from: string,
  to: string,
  values: TemplateValues,
  trunks: readonly AsteriskTrunk[],
  inboundApps: readonly string[],
): Promise<void> {
  const render = async (name: string, own: TemplateValues = values) =>
    renderTemplate(await readFile(path.join(from, name), "utf8"), own);
  const join = async (parts: readonly string[], own?: TemplateValues) =>
    (await Promise.all(parts.map((part) => render(`${part}.conf.template`, own)))).join("");
  const write = (name: string, text: string) => writeFile(path.join(to, name), text, { mode: 0o600 });

  await mkdir(path.join(to, "trunks.d"), { recursive: true });
  const rendered: string[] = [];
  for (const trunk of trunks) {
    const text = await join(trunkParts(trunk), trunkValues(trunk));
    await write(`trunks.d/${trunk.name}.conf`, text);
    rendered.push(text);
  }
  const uses = (setting: string, value: string) =>
    rendered.some((text) => new RegExp(`^${setting} *= *${value}[\\t ]*(;.*)?$`, "m").test(text));

  const transports = ["tcp", "udp", "tls"].filter((name) => uses("transport", `transport-${name}`));
  await write("transports.conf", await join(transports.map((name) => `transport-${name}`)));
  const stirShaken = uses("stir_shaken_profile", ".*");
  if (stirShaken) await write("stir_shaken.conf", await join(["stir_shaken"]));
  const inbound = uses("context", "onering-inbound");
  if (inbound) {
    const apps = inboundApps.map((app) => render("inbound-app.conf.template", { INBOUND_APP: checkedApp(app) }));
    const texts = [await join(["inbound"], values), ...(await Promise.all(apps)), await join(["inbound-end"])];
    await write("extensions.conf", texts.join(""));
  }

  const used = (is: boolean) => (is ? "used" : "");
  const all = {
    ...values,
    WITH_SRTP: used(uses("media_encryption", "sdes")),
    WITH_STIR_SHAKEN: used(stirShaken),
    WITH_INBOUND: used(inbound),
  };
  for (const name of (await readdir(from)).filter((name) => name.endsWith(".conf"))) {
    await write(name, await render(name, all));
  }
}

/** A comma or bracket would be more arguments of the dialplan's. */
function checkedApp(app: string): string {
  if (!/^[A-Za-z0-9_-]{1,40}$/.test(app)) throw new Error(`"${app}" cannot be the name of a Stasis application`);
  return app;
}
