/** A data directory for a private Asterisk: the program's own, but with another folder of sounds. */
import { mkdir, readdir, symlink } from "node:fs/promises";
import path from "node:path";

/** Of Debian's packages. */
const installedDataDir = "/usr/share/asterisk";

/**
 * @param own the program's data directory; "" where it is installed in the system
 * @param sounds the folder of sounds; null: the program's own
 * @param folder where it may be made
 * @returns the directory to be named in asterisk.conf; "" for the one that Asterisk knows
 */
export async function dataDirWith(own: string, sounds: string | null, folder: string): Promise<string> {
  if (sounds === null) return own;
  const from = own || installedDataDir;
  const entries = await readdir(from).catch(() => []);
  if (entries.length === 0) return own;
  await mkdir(folder);
  for (const name of entries.filter((entry) => entry !== "sounds")) {
    await symlink(path.join(from, name), path.join(folder, name));
  }
  await symlink(sounds, path.join(folder, "sounds"));
  return folder;
}
