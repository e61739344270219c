/** docs/configuration.md, generated from the schema: `node src/build/config-docs.ts` writes it, a test fails when it is outdated. */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { variables as variableNames } from "../config/load.ts";
import { ConfigSchema } from "../config/schema.ts";
import { overridable } from "../typed-yaml/environment.ts";
import { expectedWords } from "../typed-yaml/expected.ts";
import { nodeOf, type SchemaNode, shapeOf } from "../typed-yaml/schema-node.ts";

export const configurationDocsPath = fileURLToPath(new URL("../../docs/configuration.md", import.meta.url));

const others = variableNames.others.map((name) => `\`${name}\``).join(", ");

const introduction = `# Configuration

<!-- Generated from src/config/schema.ts by \`node src/build/config-docs.ts\`. Do not edit. -->

One YAML 1.2 file, given as \`--config onering.yaml\`; [examples/onering.yaml](examples/onering.yaml) is a complete one to
start from. Unknown keys are errors, and all problems are reported at once, each with its line.

- **Secrets** stay out of the file: \`\${NAME}\` inside any string is replaced by the environment variable of that name; one
  that is missing or empty is an error. \`$$\` is a plain \`$\`.
- **Secrets in files** (Docker and Kubernetes secrets, systemd credentials): where \`NAME\` is not set, \`NAME_FILE\` names a
  file that holds its value, at most 64 KiB; one line break at its end is dropped. Both set is an error.
- **Refused**: placeholders as secrets; \`hmac_key\` or the capture's password used for something else too; API keys that
  anyone can try (\`sandbox-key\`, \`sandbox-operator-key\`, the empty one); \`trust_proxy\` blocks larger than any private network; Redis on another
  host without a password.
- **Overrides**: settings outside maps and lists can be set by an environment variable too, which takes precedence over the
  file. Its name is given under the key. A variable that starts with \`ONERING_\` and is no setting is an error, unless the
  file itself uses it as \`\${ONERING_…}\`, or it is one of those that other commands and the examples read: ${others}.
- **Units** are the last word of a name: \`_ms\`, \`_seconds\`, \`_bytes\`.
- **Anchors and aliases** of YAML are not supported.
`;

const root = nodeOf(ConfigSchema);

const head = "| Key | Value | Default | Meaning |\n|---|---|---|---|";

/** The whole document, ending with a newline. */
export function generateConfigurationDocs(): string {
  const sections = Object.entries(root.properties ?? {}).map(([key, node]) => {
    return [`## \`${key}\``, "", plain(node), "", ...tablesOf(node, key)].join("\n");
  });
  return `${[introduction, ...sections].join("\n")}\n`;
}

const variables = new Map(
  [...overridable(root, variableNames.prefix)].map(([variable, path]) => [path.join("."), variable]),
);

/** One table; for alternatives one each, under its own heading. */
function tablesOf(node: SchemaNode, name: string): string[] {
  const shape = shapeOf(node);
  if (shape.kind === "section") return [head, ...rowsOf(node, shape.properties, name), ""];
  if (shape.kind === "map") return tablesOf(shape.entry, `${name}.<name>`);
  if (shape.kind === "list") return tablesOf(shape.items, `${name}[]`);
  if (shape.kind !== "alternatives") return [];
  return shape.variants.flatMap((variant) => [`Either: ${plain(variant)}`, "", ...tablesOf(variant, name)]);
}

function rowsOf(node: SchemaNode, properties: Readonly<Record<string, SchemaNode>>, name: string): string[] {
  return Object.entries(properties).flatMap(([key, child]) => {
    const shape = shapeOf(child);
    const own = `${name}.${key}`;
    const row = rowOf(child, own, node.required?.includes(key) ?? false);
    if (shape.kind === "section") return [row, ...rowsOf(child, shape.properties, own)];
    if (shape.kind === "list") return [row, ...rowsOfEntry(shape.items, `${own}[]`)];
    if (shape.kind === "map") return [row, ...rowsOfEntry(shape.entry, `${own}.<name>`)];
    return [row];
  });
}

function rowsOfEntry(entry: SchemaNode, name: string): string[] {
  const shape = shapeOf(entry);
  return shape.kind === "section" ? rowsOf(entry, shape.properties, name) : [];
}

function rowOf(node: SchemaNode, name: string, required: boolean): string {
  const variable = variables.get(name);
  const key = `\`${name}\`${variable === undefined ? "" : `<br>\`${variable}\``}`;
  const value = shapeOf(node).kind === "section" ? "a section" : expectedWords(node, name);
  const secret = node["x-secret"] ? "; secret" : "";
  const fallback = node.default !== undefined ? `\`${JSON.stringify(node.default)}\`` : required ? "required" : "none";
  return `| ${[key, `${value}${secret}`, fallback, plain(node)].map(cell).join(" | ")} |`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** Angle brackets of a description are text, not markup. */
function plain(node: SchemaNode): string {
  return (node.description ?? "").replaceAll("<", "&lt;");
}

if (import.meta.main) await writeFile(configurationDocsPath, generateConfigurationDocs());
