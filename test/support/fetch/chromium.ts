import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { type BundleRecipe, ensureBundle, readBundle } from "../../../src/local/fetch/bundle.ts";
import { RuntimeUnavailableError } from "../../../src/local/fetch/errors.ts";
import { askVersion, findOnPath, type Program } from "../../../src/local/fetch/on-path.ts";
import { libraryDirs } from "../../../src/local/fetch/unpack.ts";
import { isKnown, knownVersions } from "../../../src/local/fetch/version.ts";
import { withLock } from "../../../src/local/process/lock.ts";
import { runCommand } from "../../../src/local/process/run-command.ts";

/** The headless shell first: the others start a browser's own pages too, and take more CPU than the page of a test. */
const names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/** Without any font a page renders no glyph at all. */
const packages = ["chromium-headless-shell", "fonts-dejavu-core"];
const installDeadlineMs = 20 * 60_000;

const recipe: BundleRecipe = { name: "browser", packages, mode: "additions", diskBytes: 900e6 };

/** Finds a Chromium for the browser tests: ONERING_CHROMIUM (a path), one on PATH of a known version, or one fetched before. */
export async function findChromium(runtimeDir: string): Promise<Program | undefined> {
  const named = process.env.ONERING_CHROMIUM;
  if (named) return { command: named, args: [], env: {}, version: "", root: "" };
  const installed = await findInstalledChromium();
  if (installed) return installed;
  const bundle = await readBundle(runtimeDir, recipe);
  return bundle && { ...unpacked(bundle.root), version: bundle.versions.chromium ?? "" };
}

async function findInstalledChromium(): Promise<Program | undefined> {
  const command = await findOnPath(names);
  if (!command) return undefined;
  const how = { command, args: [], env: {}, root: "" };
  const { version } = await askVersion("chromium", how);
  return version && isKnown(version, knownVersions.chromium) ? { ...how, version } : undefined;
}

/** Finds a Chromium, or installs Debian's (as root) or unpacks it into .runtime (as anyone else). */
export async function ensureChromium(runtimeDir: string, progress: (line: string) => void): Promise<Program> {
  const found = await findChromium(runtimeDir);
  if (found) return found;
  if (!(await findOnPath(["apt-get"]))) {
    throw new RuntimeUnavailableError("No Chromium found; set ONERING_CHROMIUM to the path of one (or of Chrome).");
  }
  // Not where one of another version is installed: it belongs to somebody.
  if (process.getuid?.() === 0 && !(await findOnPath(names))) await installAsRoot(progress);
  else await ensureBundle(runtimeDir, recipe, progress, tryOut);
  const fetched = await findChromium(runtimeDir);
  if (!fetched) throw new RuntimeUnavailableError("Chromium was fetched but is not to be found.");
  return fetched;
}

async function installAsRoot(progress: (line: string) => void): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };
  const apt = (args: string[]) =>
    // Another apt (unattended upgrades) may hold dpkg's lock for a while.
    runCommand("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=300", ...args], { deadlineMs: installDeadlineMs, env });
  const install = ["install", "-y", "--no-install-recommends", ...packages];
  await withLock(
    "apt-install-chromium",
    installDeadlineMs,
    () => progress("another run is installing Chromium"),
    async () => {
      if (await findOnPath(names)) return;
      progress("installing chromium with apt-get");
      // A machine's package lists may be absent or so old that the files they name are gone.
      await apt(["update"]);
      const { code, output } = await apt(install);
      if (code !== 0) throw new RuntimeUnavailableError(`apt-get could not install chromium.\n${output.slice(-800)}`);
    },
  );
}

/** Chromium re-executes itself by /proc/self/exe, so it must run by its own loader: the system's, with more libraries. */
function unpacked(root: string): Omit<Program, "version"> {
  // libpulse looks for its private library at an absolute path.
  const folders = libraryDirs(root).flatMap((folder) => [folder, path.join(folder, "pulseaudio")]);
  const env = { LD_LIBRARY_PATH: folders.join(":"), FONTCONFIG_FILE: fontsFile(root) };
  return { command: path.join(root, "usr/lib/chromium/chromium-headless-shell"), args: [], env, root };
}

function fontsFile(root: string): string {
  return path.join(path.dirname(root), "fonts.conf");
}

async function tryOut(root: string): Promise<Record<string, string>> {
  await writeFonts(root);
  const { version, printed } = await askVersion("chromium", unpacked(root));
  if (!version) throw new RuntimeUnavailableError(`The fetched Chromium does not start on this machine.\n${printed}`);
  return { chromium: version };
}

/** Fontconfig looks in /usr/share/fonts only; the fetched fonts lie in the bundle. Paths are relative to the file. */
async function writeFonts(root: string): Promise<void> {
  const lines = [
    '<?xml version="1.0"?>',
    "<fontconfig>",
    '  <dir prefix="relative">root/usr/share/fonts</dir>',
    "  <dir>/usr/share/fonts</dir>",
    '  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>',
    '  <cachedir prefix="xdg">fontconfig</cachedir>',
    "</fontconfig>",
  ];
  await mkdir(path.dirname(fontsFile(root)), { recursive: true });
  await writeFile(fontsFile(root), `${lines.join("\n")}\n`);
}
