import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** A private folder that goes with the programs that use it. */
export async function temporaryFolder(): Promise<{ readonly dir: string; stop(): Promise<void> }> {
  const dir = await mkdtemp(path.join(tmpdir(), "onering-chaos-"));
  return { dir, stop: () => rm(dir, { recursive: true, force: true }) };
}
