import { mkdir, readFile, rename, rm, statfs, writeFile } from "node:fs/promises";
import path from "node:path";
import { withLock } from "../process/lock.ts";
import { downloadPackages } from "./apt.ts";
import type { AptMode } from "./apt-settings.ts";
import { diskFull, RuntimeUnavailableError } from "./errors.ts";
import { unpackPackages } from "./unpack.ts";

/** Packages that are fetched and used together. */
export interface BundleRecipe {
  /** Folder name below .runtime. */
  readonly name: string;
  readonly packages: readonly string[];
  readonly mode: AptMode;
  /** Room needed while fetching: packages and what they unpack to; bytes. */
  readonly diskBytes: number;
}

/** What a complete bundle says about itself in its stamp.json. */
export interface Bundle {
  readonly root: string;
  readonly packages: string[];
  /** Version of each program that was tried in it, by program name. */
  readonly versions: Record<string, string>;
}

/** Raised when what a bundle must hold changes, so that older ones are fetched anew. */
const stampFormat = 1;
const lockDeadlineMs = 40 * 60_000;

/** Reads a bundle that was fetched before. @returns undefined when it is absent, incomplete or lacks a package */
export async function readBundle(runtimeDir: string, recipe: BundleRecipe): Promise<Bundle | undefined> {
  const folder = path.join(runtimeDir, recipe.name);
  try {
    const stamp = JSON.parse(await readFile(path.join(folder, "stamp.json"), "utf8"));
    if (stamp.format !== stampFormat || stamp.arch !== process.arch) return undefined;
    if (!recipe.packages.every((name) => stamp.packages.includes(name))) return undefined;
    return { root: path.join(folder, "root"), packages: stamp.packages, versions: stamp.versions };
  } catch {
    return undefined;
  }
}

/**
 * Fetches and unpacks a bundle unless it is there. Built beside its place and renamed when complete, so an aborted run
 * leaves nothing half-made; runs of other processes wait for this one.
 * @param tryOut starts the programs below `root` once and returns their versions; throws when one does not start
 */
export async function ensureBundle(
  runtimeDir: string,
  recipe: BundleRecipe,
  progress: (line: string) => void,
  tryOut: (root: string) => Promise<Record<string, string>>,
): Promise<Bundle> {
  const ready = await readBundle(runtimeDir, recipe);
  if (ready) return ready;
  const waiting = () => progress("another run is fetching the same; waiting for it");
  return withLock(path.join(runtimeDir, recipe.name), lockDeadlineMs, waiting, async () => {
    const meanwhile = await readBundle(runtimeDir, recipe);
    if (meanwhile) return meanwhile;
    try {
      return await build(runtimeDir, recipe, progress, tryOut);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOSPC") throw new RuntimeUnavailableError(diskFull);
      throw error;
    }
  });
}

async function build(
  runtimeDir: string,
  recipe: BundleRecipe,
  progress: (line: string) => void,
  tryOut: (root: string) => Promise<Record<string, string>>,
): Promise<Bundle> {
  const apt = path.join(runtimeDir, `${recipe.name}.apt`);
  const temporary = path.join(runtimeDir, `${recipe.name}.partial`);
  const final = path.join(runtimeDir, recipe.name);
  await mkdir(runtimeDir, { recursive: true });
  await rm(temporary, { recursive: true, force: true });
  await checkRoom(runtimeDir, recipe.diskBytes);
  const files = await downloadPackages(apt, recipe.packages, recipe.mode, progress);
  await unpackPackages(files, path.join(temporary, "root"), progress);
  const versions = await tryOut(path.join(temporary, "root"));
  const stamp = { format: stampFormat, arch: process.arch, packages: recipe.packages, versions };
  await writeFile(path.join(temporary, "stamp.json"), `${JSON.stringify(stamp, null, 2)}\n`);
  await rm(final, { recursive: true, force: true });
  await rename(temporary, final);
  // Kept until here so that an aborted run goes on where it stopped.
  await rm(apt, { recursive: true, force: true });
  return { root: path.join(final, "root"), packages: [...recipe.packages], versions };
}

async function checkRoom(folder: string, neededBytes: number): Promise<void> {
  const disk = await statfs(folder);
  const freeBytes = disk.bavail * disk.bsize;
  if (freeBytes >= neededBytes) return;
  const [free, needed] = [freeBytes, neededBytes].map((bytes) => (bytes / 1e6).toFixed(0));
  throw new RuntimeUnavailableError(`${diskFull} ${needed} MB are needed in ${folder}, ${free} MB are free.`);
}
