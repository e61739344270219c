import path from "node:path";
import { fileURLToPath } from "node:url";

/** Root of the project. The same from src/local/fetch and from dist/local/fetch, which lie equally deep. */
export const projectRoot = path.resolve(fileURLToPath(new URL("../../..", import.meta.url)));

/** Where fetched programs live; ignored by git, safe to delete (the next `npm run runtime` fetches them again). */
export const runtimeDir = path.join(projectRoot, ".runtime");

/** The Asterisk configuration that sandbox, tests and Docker share. */
export const asteriskConfigDir = path.join(projectRoot, "asterisk-config");
