import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { renderTemplate } from "../../../src/local/asterisk/render-config.ts";
import type { TemplateValues } from "../../../src/local/asterisk/template.ts";
import { type AsteriskTrunk, trunkValues } from "../../../src/local/asterisk/trunk.ts";
import { asteriskConfigDir } from "../../../src/local/fetch/paths.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-render-"));
});
afterAll(() => rm(dir, { recursive: true }));

/** The result of the renderer that Docker uses. */
async function renderInShell(template: string, values: TemplateValues): Promise<string> {
  const file = path.join(dir, "template");
  await writeFile(file, template);
  const env = { PATH: process.env.PATH, ...values };
  return (await promisify(execFile)(path.join(asteriskConfigDir, "render.sh"), [file], { env })).stdout;
}

const renderers = [
  ["render-config.ts", async (template: string, values: TemplateValues) => renderTemplate(template, values)],
  ["render.sh", renderInShell],
] as const;

for (const [name, render] of renderers) {
  test(`${name}: replaces placeholders, also side by side`, async () => {
    expect(await render("uri = sip:@USER@@@HOST@\\;a=b\n", { USER: "me", HOST: "h" })).toBe("uri = sip:me@h\\;a=b\n");
  });

  test(`${name}: leaves out a line whose value is empty`, async () => {
    expect(await render("a = @A@\nb = @A@@B@\nc = 1\n", { A: "", B: "x" })).toBe("c = 1\n");
  });

  test(`${name}: escapes what would start a comment, keeps & and $ and /`, async () => {
    expect(await render("p = @P@\n", { P: "a;b&c$1/\"'`x" })).toBe("p = a\\;b&c$1/\"'`x\n");
  });

  test.each(["a\nb", "a\rb", "a\\b", " a", "a ", "\u00e9"])(`${name}: refuses the value %j`, async (value) => {
    await expect(render("p = @P@\n", { P: value })).rejects.toThrow(/printable ASCII/);
  });

  test(`${name}: refuses a placeholder without a value`, async () => {
    await expect(render("p = @P@\n", {})).rejects.toThrow(/no value for/);
  });
}

const trunk: AsteriskTrunk = { name: "carrier", host: "sip.example.net", port: 5060, transport: "udp" };

async function renderTrunkPart(part: string, values: TemplateValues): Promise<string> {
  const template = await readFile(path.join(asteriskConfigDir, `${part}.conf.template`), "utf8");
  const text = renderTemplate(template, values);
  expect(await renderInShell(template, values)).toBe(text);
  return text;
}

test("an IP trunk leaves From to the caller ID and has no account", async () => {
  const text = await renderTrunkPart("trunk", trunkValues(trunk));
  expect(text).toContain("contact = sip:sip.example.net:5060\\;transport=udp\n");
  expect(text).toContain("send_pai = yes\n");
  expect(text).not.toMatch(/^(from_user|from_domain|outbound_auth)/m);
});

test("a registration trunk puts the account in From and answers challenges", async () => {
  const values = trunkValues({ ...trunk, username: "acc", password: "p;w", register: true });
  const text = await renderTrunkPart("trunk", values);
  expect(text).toContain("from_user = acc\n");
  expect(text).toContain("from_domain = sip.example.net\n");
  expect(text).toContain("outbound_auth = carrier-auth\n");
  expect(await renderTrunkPart("trunk-auth", values)).toContain("password = p\\;w\n");
  expect(await renderTrunkPart("trunk-registration", values)).toContain("client_uri = sip:acc@sip.example.net\n");
});

test("a trunk that cannot be right is refused", () => {
  expect(() => trunkValues({ ...trunk, name: "a]\n[b" })).toThrow(/name of an endpoint/);
  expect(() => trunkValues({ ...trunk, host: "h;x" })).toThrow(/not a host/);
  expect(() => trunkValues({ ...trunk, register: true })).toThrow(/needs a username/);
});
