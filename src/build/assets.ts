/** Copies what tsc leaves behind (Lua scripts, the web page) beside the compiled files, so that `dist/` runs alone. */
import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("..", import.meta.url));
const target = fileURLToPath(new URL("../../dist/", import.meta.url));

for (const folder of ["redis/lua", "sandbox/page"]) {
  cpSync(`${source}${folder}`, `${target}${folder}`, { recursive: true });
}
