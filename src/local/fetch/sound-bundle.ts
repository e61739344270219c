/** Sounds for the private Asterisk: Debian's recorded digits where there are some, and the rest from espeak-ng. */
import { createHash } from "node:crypto";
import { access, cp, mkdir, readdir, rename } from "node:fs/promises";
import path from "node:path";
import { makeSounds } from "../../speech/synthesise.ts";
import { promptTexts } from "../../speech/texts.ts";
import { withLock } from "../process/lock.ts";
import { type BundleRecipe, ensureBundle, readBundle } from "./bundle.ts";
import { RuntimeUnavailableError } from "./errors.ts";
import { askVersion } from "./on-path.ts";
import { runtimeDir } from "./paths.ts";
import { findLoader, libraryDirs, multiarch } from "./unpack.ts";
import { isKnown, knownVersions, rangeText } from "./version.ts";

/** Languages of Debian's core sounds; GSM is the smallest of their formats, and as good as a telephone is. */
const recorded = ["en", "es", "fr", "it", "ru"];

const recipe: BundleRecipe = {
  name: "sounds",
  packages: ["espeak-ng", ...recorded.map((language) => `asterisk-core-sounds-${language}-gsm`)],
  mode: "self-contained",
  // 35 MB of packages that unpack to 73 MB (measured), with some room for newer versions.
  diskBytes: 200e6,
};

/** The finished set, in the bundle's root: another one where the texts have changed. */
const setFolder = `sounds-${createHash("sha256").update(JSON.stringify(promptTexts)).digest("hex").slice(0, 12)}`;
const lockDeadlineMs = 5 * 60_000;

/** The folder of sounds that was made before, with a folder for each language; null where there is none. */
export async function findSounds(): Promise<string | null> {
  const bundle = await readBundle(runtimeDir, recipe);
  return bundle === undefined ? null : setIn(bundle.root);
}

async function setIn(root: string): Promise<string | null> {
  const set = path.join(root, setFolder);
  return access(set).then(
    () => set,
    () => null,
  );
}

/** Fetches and makes the sounds unless they are there. @throws RuntimeUnavailableError saying what went wrong */
export async function ensureSounds(progress: (line: string) => void): Promise<string> {
  const bundle = await ensureBundle(runtimeDir, recipe, progress, (root) => makeSet(root, progress));
  const ready = await setIn(bundle.root);
  if (ready !== null) return ready;
  const waiting = () => progress("another run is making the prompts; waiting for it");
  await withLock(`${bundle.root}-set`, lockDeadlineMs, waiting, async () => {
    if ((await setIn(bundle.root)) === null) await makeSet(bundle.root, progress);
  });
  return path.join(bundle.root, setFolder);
}

async function makeSet(root: string, progress: (line: string) => void): Promise<Record<string, string>> {
  // libpulse, which it is linked with, looks for its private library at an absolute path.
  const libraries = libraryDirs(root).flatMap((folder) => [folder, path.join(folder, "pulseaudio")]);
  const espeak = {
    command: await findLoader(root),
    args: ["--library-path", libraries.join(":"), path.join(root, "usr/bin/espeak-ng")],
  };
  const data = `--path=${path.join(root, "usr/lib", multiarch())}`;
  const { version, printed } = await askVersion("espeakNg", { ...espeak, args: [...espeak.args, data], env: {}, root });
  if (!version) throw new RuntimeUnavailableError(`The fetched espeak-ng does not start on this machine.\n${printed}`);
  if (!isKnown(version, knownVersions.espeakNg)) {
    throw new RuntimeUnavailableError(
      `This machine's package archive carries espeak-ng ${version}; known to work is ${rangeText(knownVersions.espeakNg)}.`,
    );
  }
  const set = path.join(root, `${setFolder}.partial`);
  for (const language of recorded) await takeDigits(path.join(root, "usr/share/asterisk/sounds"), set, language);
  const languages = Object.keys(promptTexts);
  for (const [index, language] of languages.entries()) {
    progress(`making prompts, language ${index + 1} of ${languages.length}`);
    const { problem } = await makeSounds({ ...espeak, args: [...espeak.args, data] }, set, language);
    // A voice that this espeak-ng has not yet: the gateway falls back to another language.
    if (problem !== null) progress(`no prompts in ${language}: ${problem}`);
  }
  await rename(set, path.join(root, setFolder));
  return { espeakNg: version };
}

/** Packages name their folders after language, country and speaker: `ru_RU_f_IvrvoiceRU`. */
async function takeDigits(packaged: string, set: string, language: string): Promise<void> {
  const folder = (await readdir(packaged)).find((name) => name.startsWith(`${language}_`));
  if (folder === undefined) return;
  const [from, to] = [path.join(packaged, folder, "digits"), path.join(set, language, "digits")];
  await mkdir(to, { recursive: true });
  const digits = (await readdir(from)).filter((name) => /^\d\.[a-z0-9]+$/.test(name));
  for (const name of digits) await cp(path.join(from, name), path.join(to, name));
}
