/**
 * `npm run build`: writes `dist/`, which runs without `src/`. The modules of src and of some packages go into few files, since
 * Node takes a good half of a millisecond of CPU for each file it loads (ADR 97); what modules read beside themselves
 * (Lua scripts, texts, carrier names, the page) is copied to the same places. Types are checked by `npm run check:types`.
 */
import { cpSync, globSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Plugin, rolldown } from "rolldown";

const root = fileURLToPath(new URL("../..", import.meta.url));
const source = path.join(root, "src");
const target = path.join(root, "dist");

/** Started by their file's name, in a process or a thread of their own; every other module may be in any file. */
const started = [
  "main",
  "commands/serve-process",
  "http/openapi/reference-bundle",
  "numbers/cleaning/files/worker",
  "numbers/scrubs/worker",
  "records/sqlite/child",
];

/** Hundreds of small files each, and nothing that is looked up by name. All other packages stay in node_modules. */
const takenIn = ["kysely", "libphonenumber-js", "typebox", "yaml"];

/**
 * `import.meta` tells a module of src the place that its own file would have in dist: beside it lies what it reads and starts.
 * `map: null`: lines stay where they are.
 */
const ownPlaces: Plugin = {
  name: "own-places",
  transform(code, id) {
    if (!id.startsWith(source + path.sep) || !code.includes("import.meta.")) return null;
    if (/import\.meta\.(?!url\b)/.test(code))
      this.error(`${id}: of import.meta the build sets url alone, use import.meta.url`);
    const place = path.relative(source, id).replace(/\.ts$/, ".js");
    for (const [, name = ""] of code.matchAll(/`\.\/([\w-]+)\$\{ext/g)) {
      const file = path.join(path.dirname(place), name);
      if (!started.includes(file))
        this.error(`${id} starts ${file}: add it to the list \`started\` of src/build/dist.ts`);
    }
    return { code: code.replaceAll("import.meta.url", `new URL("DIST/${place}", import.meta.url).href`), map: null };
  },
  renderChunk(code, { fileName }) {
    const toRoot = path.relative(path.dirname(fileName), "") || ".";
    return code.includes('"DIST/') ? { code: code.replaceAll('"DIST/', `"${toRoot}/`), map: null } : null;
  },
};

const packageOf = (id: string) => id.split("/", id.startsWith("@") ? 2 : 1).join("/");
const bundle = await rolldown({
  input: Object.fromEntries(started.map((name) => [name, path.join(source, `${name}.ts`)])),
  platform: "node",
  external: (id) => /^[^./\0]/.test(id) && !takenIn.includes(packageOf(id)),
  plugins: [ownPlaces],
  // The oldest that the gateway starts on (src/main.ts).
  transform: { target: "node20.12" },
});
rmSync(target, { recursive: true, force: true });
const { output } = await bundle.write({
  dir: target,
  sourcemap: true,
  entryFileNames: "[name].js",
  chunkFileNames: "chunks/[name].js",
});
await bundle.close();

/** What the licence of each package asks of who passes it on. */
const files = output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
const licences = takenIn.flatMap((name) => {
  const folder = path.join(root, "node_modules", name);
  if (!files.some((id) => id.startsWith(folder + path.sep)))
    throw new Error(`src/build/dist.ts: ${name} is in no file, take it off the list`);
  const licence = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  if (licence === undefined)
    throw new Error(`src/build/dist.ts: ${name} comes without its licence, leave it in node_modules`);
  return [`${name}\n`, readFileSync(path.join(folder, licence), "utf8")];
});
writeFileSync(path.join(target, "third-party-licences.txt"), licences.join("\n"));

// What modules read beside themselves.
for (const folder of [...globSync("**/{lua,texts,carriers}", { cwd: source }), "sandbox/page"]) {
  cpSync(path.join(source, folder), path.join(target, folder), { recursive: true });
}
