/**
 * Copies what tsc leaves behind (every folder of Lua scripts, of texts and of carrier names, the web page) beside the compiled
 * files, so that `dist/` runs alone.
 */
import { cpSync, globSync } from "node:fs";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("..", import.meta.url));
const target = fileURLToPath(new URL("../../dist/", import.meta.url));

for (const folder of [...globSync("**/{lua,texts,carriers}", { cwd: source }), "sandbox/page"]) {
  cpSync(`${source}${folder}`, `${target}${folder}`, { recursive: true });
}
