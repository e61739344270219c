/** `onering doctor` as an operator runs it, from source. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { stringify } from "yaml";
import { run } from "./command.ts";

const main = path.join(import.meta.dirname, "../../dist/main.js");

/** @param document the configuration; whole numbers may be texts, as in `gatewayDocument` */
export async function doctor(
  document: Record<string, unknown>,
  ...options: string[]
): Promise<{ code: number | null; output: string }> {
  const dir = await mkdtemp(path.join(tmpdir(), "onering-doctor-"));
  try {
    const file = path.join(dir, "onering.yaml");
    await writeFile(file, stringify(document).replaceAll(/"(\d+)"/g, "$1"));
    const command = run(process.execPath, main, "doctor", "--config", file, ...options);
    return { code: await command.exitCode(), output: command.output() };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
