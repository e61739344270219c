/** Files that are whole or not there, also after a crash of the process or the machine; for their owner alone. */
import { open, rename, rm } from "node:fs/promises";

/** Written beside it, synchronised, and renamed. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const unfinished = `${file}.new`;
  // Made anew: what is there may be readable for others.
  await rm(unfinished, { force: true });
  const handle = await open(unfinished, "wx", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, file);
}
