/** The version of this program, from package.json. */
import { readFileSync } from "node:fs";

/** The same from src/shared and from dist/shared, which lie equally deep. */
const packageFile = new URL("../../package.json", import.meta.url);

/** Semantic version, such as "0.1.0". */
export const version: string = JSON.parse(readFileSync(packageFile, "utf8")).version;
