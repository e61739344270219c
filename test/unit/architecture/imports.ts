/** Reads the imports between the files of src/, types included. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../src/", import.meta.url));

export interface SourceFile {
  /** Relative to src/, for instance `telephony/calls/dialer.ts`. */
  readonly path: string;
  readonly lines: number;
  /** Files of src/ that it imports, relative to src/. */
  readonly imports: readonly string[];
}

/** Every TypeScript file of src/. */
export function sourceFiles(): readonly SourceFile[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .sort()
    .map((path) => {
      const text = readFileSync(join(root, path), "utf8");
      return { path, lines: text.split("\n").length - 1, imports: importsOf(path, text) };
    });
}

/** `import … from "./x.ts"`, `export … from "./x.ts"`, `import "./x.ts"` and `import("./x.ts")`. */
export function importsOf(path: string, text: string): readonly string[] {
  const found = text.matchAll(/(?:^|[\s;}])(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
  return [...new Set([...found].map(([, target = ""]) => relative(".", normalize(join(dirname(path), target)))))];
}

/** Folders whose subfolders have rules of their own. */
const divided = ["telephony", "channels", "numbers", "sip"];

/** What the table has a row for: `telephony/calls`, `http`, or a file at the top such as `app.ts`. */
export function unitOf(path: string): string {
  const [top = "", second = "", ...rest] = path.split("/");
  return divided.includes(top) && rest.length > 0 ? `${top}/${second}` : top;
}
